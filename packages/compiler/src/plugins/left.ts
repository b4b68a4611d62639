/**
 * The other half of each plugin: what it could not compile must not be built. Modules of other plugins (virtual ones,
 * scripts of .vue, .svelte and .astro files, packages that Vite bundles beforehand) are seen when all plugins are done.
 */
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { ColonyError } from '@colony/core';
import type { BuildResult, PartialMessage, PluginBuild } from 'esbuild';
import type { UnpluginOptions } from 'unplugin';
import { directivesIn, refuseUncompiled } from '../ts/syntax/directive.js';
import { DIRECTIVE, mayHoldDirective } from '../ts/syntax/mark.js';

const WHY = 'this module was not compiled by the Colony plugin';
const ADVICE =
  'put the function into a .ts, .js, .mts or .mjs file and import it from here; put colony() before plugins that make or ' +
  'change modules; with Vite, name packages that hold virtines in optimizeDeps.exclude';

/** @throws ColonyError ERR_COMPILE */
const refuse = (id: string, code: string) => refuseUncompiled(id.replace(/^\0/, ''), code, WHY, ADVICE);

interface Reported {
  error(problem: { message: string; id: string }): unknown;
}

/** Rollup and its kin see each module as it goes into the bundle. */
function moduleParsed(this: Reported, { id, code }: { id: string; code: string | null }): void {
  if (code !== null && mayHoldDirective(code)) failing(this, id, () => refuse(id, code));
}

function failing(hook: Reported, id: string, work: () => void): void {
  try {
    work();
  } catch (error) {
    if (!ColonyError.is(error)) throw error;
    hook.error({ message: error.message, id });
  }
}

export function left(name: string, framework: string): UnpluginOptions {
  if (framework === 'esbuild') return { name, esbuild: { setup: checkOutput } };
  const parsed = { moduleParsed };
  return {
    name,
    enforce: 'post',
    transform: {
      filter: { code: new RegExp(DIRECTIVE) },
      handler(code, id) {
        // Rollup's own order puts this before plugins of the user: `moduleParsed` comes later.
        if (framework !== 'rollup' && framework !== 'rolldown') refuse(id, code);
        return null;
      },
    },
    rollup: parsed,
    rolldown: parsed,
    vite: parsed,
  };
}

/** esbuild has no hook after all plugins: what it has written is read. Directives stay in it, also where it minifies. */
export function checkOutput(build: PluginBuild): void {
  const options = build.initialOptions;
  const folder = options.absWorkingDir ?? process.cwd();
  options.metafile = true;
  build.onEnd((result) => ({ errors: outputsOf(result, folder).flatMap(({ file, text }) => errorsIn(file, text)) }));
}

function outputsOf({ outputFiles, metafile }: BuildResult, folder: string): { file: string; text: string }[] {
  if (outputFiles !== undefined) return outputFiles.map(({ path, text }) => ({ file: path, text }));
  return Object.keys(metafile?.outputs ?? {}).flatMap((path) => {
    const file = resolve(join(folder, path));
    return SCRIPT.test(file) ? [{ file, text: readFileSync(file, 'utf8') }] : [];
  });
}

const SCRIPT = /\.[cm]?js$/;

function errorsIn(file: string, text: string): PartialMessage[] {
  if (!SCRIPT.test(file)) return [];
  return directivesIn(file, text).map(({ line, column }) => ({
    text: `'${DIRECTIVE}' would have no effect: ${WHY}\n    what to do: ${ADVICE}`,
    location: { file, line, column: column - 1, lineText: text.split('\n')[line - 1] ?? '' },
  }));
}
