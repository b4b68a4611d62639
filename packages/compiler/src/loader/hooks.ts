/** Module hooks: run on a thread of their own, and see every module that the program loads. */
import { readFile } from 'node:fs/promises';
import type { InitializeHook, LoadHook, ResolveHook } from 'node:module';
import { sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ColonyError } from '@colony/core';
import { C_MODULE } from '../c/project.js';
import { compileModule, type ModuleOutput } from '../ts/index.js';
import { inlineMap, toJavaScript } from '../ts/javascript.js';

const SOURCE = /\.m?[jt]sx?$/;
const TYPED = /\.m?tsx?$/;
let root = process.cwd();

export const initialize: InitializeHook<{ root: string }> = (data) => {
  ({ root } = data);
};

/** The project's own source files: what lies below the root, and in no package. */
function ownFile(url: string): string | undefined {
  if (!url.startsWith('file:')) return undefined;
  const file = fileURLToPath(url);
  const isOwn = file.startsWith(root.endsWith(sep) ? root : root + sep) && !file.includes(`${sep}node_modules${sep}`);
  return isOwn && (SOURCE.test(file) || C_MODULE.test(file)) ? file : undefined;
}

/** `./lib.js` means `lib.ts` where only that is there, as it does to TypeScript. */
export const resolve: ResolveHook = async (specifier, context, next) => {
  try {
    return await next(specifier, context);
  } catch (error) {
    const { code } = error as { code?: string };
    const isRelative = /^(?:\.{1,2}\/|file:)/.test(specifier) && /\.m?jsx?$/.test(specifier);
    if (code !== 'ERR_MODULE_NOT_FOUND' || !isRelative || ownFile(context.parentURL ?? '') === undefined) throw error;
    try {
      return await next(specifier.replace(/js(x?)$/, 'ts$1'), context);
    } catch {
      // What was asked for is what the message should name.
      throw error;
    }
  }
};

function warn(compiled: ModuleOutput | undefined): void {
  for (const warning of compiled?.warnings ?? []) process.emitWarning(warning, 'ColonyWarning');
}

export const load: LoadHook = async (url, context, next) => {
  const file = ownFile(url);
  if (file !== undefined && C_MODULE.test(file)) {
    const made = await compileModule({ id: file, code: '', root, c: { declarations: true } });
    warn(made);
    return { format: 'module', source: made!.code, shortCircuit: true };
  }
  if (file === undefined || (context.format != null && !/^(?:module|commonjs)/.test(context.format))) {
    return await next(url, context);
  }
  const code = await readFile(file, 'utf8');
  const mode = process.env['NODE_ENV'] === 'development' ? 'development' : 'production';
  const compiled = await compileModule({ id: file, code, root, mode });
  if (compiled === undefined && !TYPED.test(file)) return await next(url, context);
  if (compiled !== undefined && context.format === 'commonjs' && !TYPED.test(file)) {
    const message = `${file}: it has virtines, but is CommonJS: write "type": "module" into package.json, or call it .mjs`;
    throw new ColonyError('ERR_COMPILE', message, { details: { path: file } });
  }
  warn(compiled);
  const made = await toJavaScript(file, compiled ?? { code });
  return { format: 'module', source: made.code + inlineMap(made.map), shortCircuit: true };
};
