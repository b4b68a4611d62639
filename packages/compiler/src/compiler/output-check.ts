/** Fails a build of esbuild whose output holds a directive that nothing has compiled. */
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { BuildResult, PartialMessage, PluginBuild } from 'esbuild';
import { directivesIn } from '../ts/syntax/directive.js';
import { DIRECTIVE } from '../ts/syntax/mark.js';

const SCRIPT = /\.[cm]?js$/;

/**
 * Reads the output, because esbuild has no hook after all plugins. Directives stay in it, even if it is minified.
 * @param why the reason that a module was not compiled
 * @param advice what to do about it
 */
export function checkOutput(build: PluginBuild, why: string, advice: string): void {
  const options = build.initialOptions;
  const folder = options.absWorkingDir ?? process.cwd();
  const text = `'${DIRECTIVE}' would have no effect: ${why}\n    what to do: ${advice}`;
  options.metafile = true;
  build.onEnd((result) => ({ errors: outputsOf(result, folder).flatMap((output) => errorsIn(output, text)) }));
}

interface Output {
  readonly file: string;
  readonly code: string;
}

function outputsOf({ outputFiles, metafile }: BuildResult, folder: string): Output[] {
  if (outputFiles !== undefined) return outputFiles.map(({ path, text }) => ({ file: path, code: text }));
  const files = Object.keys(metafile?.outputs ?? {}).map((path) => resolve(join(folder, path)));
  return files.filter((file) => SCRIPT.test(file)).map((file) => ({ file, code: readFileSync(file, 'utf8') }));
}

function errorsIn({ file, code }: Output, text: string): PartialMessage[] {
  if (!SCRIPT.test(file)) return [];
  return directivesIn(file, code).map(({ line, column }) => ({
    text,
    location: { file, line, column: column - 1, lineText: code.split('\n')[line - 1] ?? '' },
  }));
}
