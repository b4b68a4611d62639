/** JavaScript programs: from source, from a file, from a function. */
import { ColonyError } from '../errors.js';
import { readSourceTree, type SourceTree } from './files.js';
import { hashParts } from './hash.js';
import { stripTypes } from './strip.js';
import type { AnyExports, Program } from './types.js';

function program<E>(tree: SourceTree): Program<E> {
  const { filename, source, modules } = tree;
  const hash = hashParts(['js', filename, source, ...Object.entries(modules).flat()]);
  const resolved = Object.freeze({ kind: 'js' as const, filename, source, modules, hash });
  return Object.freeze({ kind: 'js' as const, filename, hash, resolved });
}

/** Text of a template: as written, with values put in as JSON literals. */
function templateText(strings: TemplateStringsArray, values: readonly unknown[]): string {
  const raw = strings.raw.map((part) => part.replace(/\\(`|\$\{)/g, '$1'));
  return raw.reduce((text, part, index) => text + literal(values[index - 1], index - 1) + part);
}

function literal(value: unknown, index: number): string {
  const text = typeof value === 'function' || typeof value === 'symbol' ? undefined : JSON.stringify(value);
  if (text !== undefined) return text.replace(/</g, '\\u003c');
  throw new ColonyError(
    'ERR_BAD_OPTION',
    `js: value ${index} of the template is no JSON data; pass it as an argument of the call`,
  );
}

export interface SourceOptions {
  /** Name in stack traces; default `program.js`. */
  readonly filename?: string;
}

type Source = TemplateStringsArray | string;

function sourceText(source: Source, rest: readonly unknown[]): readonly [string, string | undefined] {
  if (typeof source === 'string') return [source, (rest[0] as SourceOptions | undefined)?.filename];
  return [templateText(source, rest), undefined];
}

/** An ES module from source text. Not parsed here: what is wrong in it shows as ERR_COMPILE when a context is made. */
function fromSource<E = AnyExports>(source: Source, ...rest: unknown[]): Program<E> {
  const [text, filename] = sourceText(source, rest);
  return program<E>({ filename: filename ?? 'program.js', source: text, modules: {} });
}

/** The same for TypeScript: types are stripped, lines stay. @throws ColonyError ERR_COMPILE */
export function ts<E = AnyExports>(source: TemplateStringsArray | string, ...rest: unknown[]): Program<E> {
  const [text, filename = 'program.ts'] = sourceText(source, rest);
  return program<E>({ filename, source: stripTypes(text, filename), modules: {} });
}

/** A module file, JavaScript or TypeScript, with the files that it imports by relative paths. @throws ColonyError ERR_COMPILE */
function fromFile<E = AnyExports>(file: string): Program<E> {
  return program<E>(readSourceTree(file));
}

// biome-ignore lint/suspicious/noExplicitAny: any function will do
type AnyFunction = (...args: any[]) => any;

/**
 * A function's own source, exported as `default` and by its name. It is cut off from where it was written:
 * variables around it are not there. @throws ColonyError ERR_COMPILE for native and bound functions.
 */
function fromFunction<F extends AnyFunction>(fn: F): Program<{ default: F }> {
  const text = Function.prototype.toString.call(fn);
  const expression = [text, `function ${text}`, `async ${text.replace(/^async\s+/, 'function ')}`].find(isExpression);
  if (expression === undefined || /\{\s*\[native code\]\s*\}$/.test(text)) {
    throw new ColonyError(
      'ERR_COMPILE',
      `js.fn: the source of \`${fn.name || 'the function'}\` cannot stand alone; pass a plain function`,
    );
  }
  const named = /^[A-Za-z_$][\w$]*$/.test(fn.name) && fn.name !== 'default' ? `, __main as ${fn.name}` : '';
  const source = `const __main = (${expression}\n);\nexport { __main as default${named} };\n`;
  return program({ filename: `${fn.name || 'function'}.js`, source, modules: {} });
}

function isExpression(text: string): boolean {
  try {
    // Parses only: the function made here is not called.
    new Function(`return (${text}\n)`);
    return true;
  } catch {
    return false;
  }
}

export const js = Object.assign(fromSource, { file: fromFile, fn: fromFunction });
