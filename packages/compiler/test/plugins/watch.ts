/** Bundlers in watch mode, one edit at a time. */
import { join } from 'node:path';
import * as esbuild from 'esbuild';
import * as rollup from 'rollup';
import colonyEsbuild from '../../src/plugins/esbuild.js';
import type { PluginOptions } from '../../src/plugins/plugin.js';
import colonyRollup from '../../src/plugins/rollup.js';

export interface Watch<Event> {
  /** The latest output. */
  readonly file: string;
  /** Waits for the build that follows an edit. */
  next(edit: () => unknown): Promise<Event>;
  close(): Promise<void>;
}

function queue<Event>() {
  const waiting: ((event: Event) => void)[] = [];
  return {
    push: (event: Event) => void waiting.shift()?.(event),
    next: (edit: () => unknown) =>
      new Promise<Event>((resolve) => {
        waiting.push(resolve);
        edit();
      }),
  };
}

/** Watches `main.js`. The first event is the first build's. */
export function watchRollup(folder: string, options: PluginOptions = {}): Watch<rollup.RollupWatcherEvent> {
  const file = join(folder, 'out/main.mjs');
  const events = queue<rollup.RollupWatcherEvent>();
  const watcher = rollup.watch({
    input: join(folder, 'main.js'),
    external: /^@colony\//,
    plugins: [colonyRollup({ root: folder, ...options })],
    output: { file, format: 'es' },
    onwarn: () => {},
  });
  let failed: rollup.RollupWatcherEvent | undefined;
  watcher.on('event', (event) => {
    if (event.code === 'BUNDLE_END') void event.result.close();
    // An END follows each ERROR.
    if (event.code === 'ERROR') failed = event;
    if (event.code !== 'END') return;
    events.push(failed ?? event);
    failed = undefined;
  });
  return { file, next: events.next, close: () => watcher.close() };
}

/** Watches `main.ts`. It starts with the first edit. */
export async function watchEsbuild(folder: string, options: PluginOptions = {}): Promise<Watch<void>> {
  const events = queue<void>();
  const ended: esbuild.Plugin = { name: 'ended', setup: (build) => build.onEnd(() => events.push()) };
  const context = await esbuild.context({
    absWorkingDir: folder,
    entryPoints: ['main.ts'],
    outfile: 'out/main.mjs',
    bundle: true,
    format: 'esm',
    external: ['@colony/*'],
    logLevel: 'silent',
    plugins: [colonyEsbuild(options), ended],
  });
  let started = false;
  const next = (edit: () => unknown) =>
    events.next(() => {
      edit();
      if (!started) void context.watch();
      started = true;
    });
  return { file: join(folder, 'out/main.mjs'), next, close: () => context.dispose() };
}
