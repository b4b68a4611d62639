/** Removes the types of a compiled module, for tools that run or ship it directly. */
import { basename } from 'node:path';
import { ColonyError } from '@colony/core';
import { type Loader, type TransformFailure, transform } from 'esbuild';
import type { Emitted } from './emit.js';

/** The language of a file's extension; undefined if files of that kind are not compiled. */
export function languageOf(file: string): Loader | undefined {
  const extension = /\.[cm]?(jsx?|tsx?)$/.exec(file)?.[1];
  return extension as Loader | undefined;
}

const dataUrl = (map: string) => `data:application/json;base64,${Buffer.from(map).toString('base64')}`;

/** A source map as a comment at the end of a module. */
export const inlineMap = (map: string): string => `\n//# sourceMappingURL=${dataUrl(map)}\n`;

/**
 * The map names the file without folders, because it stands beside it. `module.map` is applied if there is one.
 * @throws ColonyError ERR_COMPILE
 */
export async function toJavaScript(
  file: string,
  module: { code: string; map?: string },
  format: 'esm' | 'cjs' = 'esm',
): Promise<Emitted> {
  const name = basename(file);
  const ownMap = module.map === undefined ? undefined : { ...JSON.parse(module.map), sources: [name] };
  const contents = ownMap === undefined ? module.code : module.code + inlineMap(JSON.stringify(ownMap));
  try {
    const { code, map } = await transform(contents, {
      loader: languageOf(file) ?? 'ts',
      format,
      target: 'node20',
      sourcemap: 'external',
      sourcefile: name,
      charset: 'utf8',
      logLevel: 'silent',
    });
    return { code, map };
  } catch (error) {
    const [first] = (error as Partial<TransformFailure>).errors ?? [];
    const { line = 1, column = 0 } = first?.location ?? {};
    const path = `${file}:${line}:${column + 1}`;
    throw new ColonyError('ERR_COMPILE', `${path}: ${first?.text ?? error}`, { cause: error, details: { path } });
  }
}
