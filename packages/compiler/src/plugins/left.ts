/**
 * The second half of each plugin: fails the build if a directive is left that the first half could not compile. It runs
 * after all other plugins, so that it sees their modules: virtual ones, scripts of .vue, .svelte and .astro files,
 * packages that Vite bundles beforehand.
 */
import { ColonyError } from '@colony/core';
import type { UnpluginOptions } from 'unplugin';
import { checkOutput } from '../compiler/output-check.js';
import { refuseUncompiled } from '../ts/syntax/directive.js';
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

/** Rollup, Rolldown and Vite call this with each module as it goes into the bundle. */
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
  if (framework === 'esbuild') return { name, esbuild: { setup: (build) => checkOutput(build, WHY, ADVICE) } };
  const parsed = { moduleParsed };
  return {
    name,
    enforce: 'post',
    transform: {
      filter: { code: new RegExp(DIRECTIVE) },
      handler(code, id) {
        // Rollup runs this before the user's plugins; `moduleParsed` runs later.
        if (framework !== 'rollup' && framework !== 'rolldown') refuse(id, code);
        return null;
      },
    },
    rollup: parsed,
    rolldown: parsed,
    vite: parsed,
  };
}
