/** Prepares a source file for Node: compiles its virtines, and removes the types of TypeScript. */
import { C_MODULE } from '../c/source/module-name.js';
import { compileModule, type ModuleOutput } from '../compiler/compiler.js';
import { packageType, projectRoot } from '../compiler/project.js';
import { inlineMap, toJavaScript } from '../ts/host/javascript.js';
import { refuseCommonJs, refuseUncompiled } from '../ts/syntax/directive.js';
import { mayHoldVirtines } from '../ts/syntax/mark.js';
import { hasModuleSyntax, isCommonJs } from '../ts/syntax/parse.js';
import { type Source, TYPED } from './files.js';

export interface Loaded {
  readonly format: 'module' | 'commonjs';
  readonly source: string;
  readonly warnings: readonly string[];
}

const SOURCE = /\.[cm]?[jt]sx?$/;

/** Returns `undefined` if Node can read the file unchanged. @throws ColonyError ERR_COMPILE */
export async function loadSource(source: Source): Promise<Loaded | undefined> {
  const { file, text } = source;
  if (C_MODULE.test(file)) {
    const made = await compileModule({ id: file, code: '', root: projectRoot(file), c: { declarations: true } });
    return { format: 'module', source: made!.code, warnings: made!.warnings };
  }
  if (!SOURCE.test(file)) {
    const why = 'only files with an extension of JavaScript or TypeScript are compiled';
    refuseUncompiled(file, text, why, OWN_FILE);
    return undefined;
  }
  const isCommonJs = readAsCommonJs(source);
  if (isCommonJs) refuseCommonJs(file, text);
  const compiled = isCommonJs ? undefined : await compileOwn(file, text);
  if (compiled === undefined && !TYPED.test(file)) return undefined;
  const made = await toJavaScript(file, compiled ?? { code: text }, isCommonJs ? 'cjs' : 'esm');
  const { warnings = [] } = compiled ?? {};
  return { format: isCommonJs ? 'commonjs' : 'module', source: made.code + inlineMap(made.map), warnings };
}

async function compileOwn(file: string, code: string): Promise<ModuleOutput | undefined> {
  if (!mayHoldVirtines(code)) return undefined;
  const mode = process.env['NODE_ENV'] === 'development' ? 'development' : 'production';
  return await compileModule({ id: file, code, root: projectRoot(file), mode });
}

/** Follows Node's own rules, except that TypeScript without any name of CommonJS is a module. */
function readAsCommonJs({ file, text, format }: Source): boolean {
  if (/\.m[jt]sx?$/.test(file)) return false;
  if (/\.c[jt]sx?$/.test(file)) return true;
  if (/^module/.test(format ?? '') || packageType(file) === 'module') return false;
  return TYPED.test(file) ? isCommonJs(file, text) : !hasModuleSyntax(file, text);
}

const OWN_FILE = 'put the function into its own file, such as price.mjs or price.ts';

/** Names of texts that come from neither a file nor a tool: `data:` URLs, `node --eval`, workers made from a text. */
const WITHOUT_FILE = /^data:|^\[(?:worker )?eval\]$/;

/** Refuses a directive in a text that another tool made, or that is not in a file. @throws ColonyError ERR_COMPILE */
export function checkText(name: string, text: string): void {
  if (WITHOUT_FILE.test(name)) refuseUncompiled(name, text, 'only files are compiled', OWN_FILE);
  refuseUncompiled(name, text, 'this text was made or loaded by a tool that Colony does not compile for', PLUGIN);
}

const PLUGIN =
  'use the Colony plugin of that tool (@colony/compiler/vite and others), or let Node load the file itself with ' +
  '`node --import @colony/compiler/register`. Jest has no plugin: test with Vitest and the plugin, or with `node --test`';
