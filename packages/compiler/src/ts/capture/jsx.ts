/** JSX becomes calls of a function that the module imports or declares, but does not name. */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type { Plugin } from 'esbuild';
import { type Node, type Parsed, parse } from '../syntax/parse.js';
import { analyseScopes, type Scopes, within } from '../syntax/scopes.js';
import { Constants } from '../values/constants.js';

/** The names that React, Preact, Solid and hand-written factories use. */
const FACTORIES = ['React', 'h', 'Fragment', 'jsx', 'createElement'];
const PRAGMA = /@jsx(?:Frag|ImportSource|Runtime)?[ \t]+[\w$./@-]+/g;

/** Pragmas such as `@jsx h` in the module's comments. They apply to the cut, too. */
export const pragmasOf = ({ text }: Parsed): string =>
  [...text.matchAll(/\/\*[\s\S]*?\*\/|\/\/.*/g)].flatMap(([comment]) => comment.match(PRAGMA) ?? []).join(' ');

/** Names that JSX in `node` may use; some of them may not exist in the module. */
export function factoriesOf(node: Node, scopes: Scopes, parsed: Parsed, file: string): string[] {
  const has = scopes.special.some((special) => /^JSX/.test(special.type) && within(special, node));
  if (!has) return [];
  const named = pragmasOf(parsed).match(/(?<=@jsx(?:Frag)?[ \t]+)[\w$]+/g) ?? [];
  return [...new Set([...FACTORIES, ...named, ...configured(file)])];
}

interface Elements {
  readonly jsx?: string;
  readonly jsxImportSource?: string;
  readonly jsxFactory?: string;
  readonly jsxFragmentFactory?: string;
}

/** The JSX options of the nearest tsconfig.json and of the files that it extends. */
function elementsOf(file: string): Elements {
  for (let folder = dirname(file); ; folder = dirname(folder)) {
    const elements = readElements(join(folder, 'tsconfig.json'), 0);
    if (elements !== undefined || folder === dirname(folder)) return elements ?? {};
  }
}

function readElements(file: string, depth: number): Elements | undefined {
  if (depth > 8 || !existsSync(file)) return undefined;
  const config = readConfig(readFileSync(file, 'utf8'));
  const bases = [config.extends ?? []].flat().filter((base) => /^\.{0,2}\//.test(base));
  const inherited = bases.map((base) => {
    const path = resolve(dirname(file), base);
    return readElements(path.endsWith('.json') ? path : `${path}.json`, depth + 1);
  });
  return Object.assign({}, ...inherited, config.compilerOptions) as Elements;
}

interface Config {
  readonly extends?: string | readonly string[];
  readonly compilerOptions?: Elements;
}

/** Reads JSON with comments and trailing commas as JavaScript. esbuild reports its errors. */
function readConfig(text: string): Config {
  try {
    const { program } = parse('tsconfig.js', `(${text}\n)`);
    const [statement] = program.body;
    if (statement?.type !== 'ExpressionStatement') return {};
    const value = new Constants(analyseScopes(program)).valueOf(statement.expression);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : {};
  } catch {
    return {};
  }
}

const configured = (file: string): string[] => {
  const { jsxFactory, jsxFragmentFactory } = elementsOf(file);
  return [jsxFactory, jsxFragmentFactory].flatMap((factory) => factory?.split('.')[0] ?? []);
};

/** Replaces `"jsx": "preserve"`, which leaves JSX to another tool, by calls of the functions of the named package. */
export function preservedElements(file: string): { jsx: 'automatic'; jsxImportSource: string } | undefined {
  const { jsx, jsxImportSource = 'react' } = elementsOf(file);
  return jsx === 'preserve' ? { jsx: 'automatic', jsxImportSource } : undefined;
}

/** Solid has only types at the usual place; its functions that make elements without its compiler are elsewhere. */
export const solidElements: Plugin = {
  name: 'colony-solid',
  setup(build) {
    build.onResolve({ filter: /^solid-js\/jsx-(?:dev-)?runtime$/ }, ({ path, ...rest }) =>
      build.resolve(path.replace('solid-js/', 'solid-js/h/'), rest),
    );
  },
};
