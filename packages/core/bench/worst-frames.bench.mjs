// Decodes the worst known frames, of 16 MiB, in slices, each in its own process. Prints the main thread's CPU time in
// total and for the longest step, and the largest heap. Run: node packages/core/bench/worst-frames.bench.mjs [pattern
// of names]
import { execFileSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const SIZE = Number(process.env.COLONY_FRAME_BYTES ?? 16 * 2 ** 20);
const bundle = process.env.COLONY_FRAMES_BUNDLE;

/** Returns the milliseconds that this thread has run, without the time of other processes. Linux only. */
function cpuTime() {
  const file = openSync('/proc/thread-self/schedstat', 'r');
  const bytes = Buffer.alloc(64);
  const length = readSync(file, bytes);
  closeSync(file);
  return Number(bytes.latin1Slice(0, length).split(' ')[0]) / 1e6;
}

const heap = () => {
  const { heapUsed, external } = process.memoryUsage();
  return (heapUsed + external) / 2 ** 20;
};

/** Runs in a child: decodes one frame and prints its line. */
async function measure(name) {
  const { worstFrames, SlicedDecoding, LIMITS } = await import(pathToFileURL(bundle).href);
  const frame = worstFrames(SIZE).find(([known]) => known === name)[1]();
  global.gc();
  const before = heap();
  const decoding = new SlicedDecoding(frame, { ...LIMITS, maxBytes: Number.POSITIVE_INFINITY });
  let turnAt = performance.now() + 10;
  let [total, longest, peak, code, isDone] = [0, 0, 0, 'decoded', false];
  while (!isDone) {
    const start = cpuTime();
    try {
      isDone = decoding.step();
    } catch (error) {
      [code, isDone] = [error.code, true];
    }
    const took = cpuTime() - start;
    total += took;
    longest = Math.max(longest, took);
    peak = Math.max(peak, heap() - before);
    // Turns the event loop as `src/wire/slices.ts` does, so that the collector's own tasks run.
    if (performance.now() > turnAt) {
      await new Promise((resolve) => setImmediate(resolve));
      turnAt = performance.now() + 10;
    }
  }
  const columns = [total.toFixed(0), longest.toFixed(1), peak.toFixed(0)].map((text) => text.padStart(8));
  console.log(name.padEnd(60), ...columns, '', code);
}

async function measureAll(pattern) {
  const { build } = await import('esbuild');
  const folder = mkdtempSync(join(tmpdir(), 'colony-frames-'));
  const outfile = join(folder, 'frames.mjs');
  const contents = `export { worstFrames } from './test/lib/worst-frames.ts';
    export { DEFAULT_CODEC_LIMITS as LIMITS, SlicedDecoding } from './src/wire/codec/public.ts';`;
  const resolveDir = fileURLToPath(new URL('..', import.meta.url));
  try {
    await build({ stdin: { contents, resolveDir }, outfile, bundle: true, platform: 'node', format: 'esm' });
    const { worstFrames } = await import(pathToFileURL(outfile).href);
    console.log(`${'frame'.padEnd(60)}   cpu ms  longest MiB most`);
    for (const [name] of worstFrames(SIZE)) {
      if (!new RegExp(pattern).test(name)) continue;
      const args = ['--expose-gc', fileURLToPath(import.meta.url), name];
      execFileSync(process.execPath, args, {
        stdio: 'inherit',
        env: { ...process.env, COLONY_FRAMES_BUNDLE: outfile },
      });
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
}

if (bundle === undefined) await measureAll(process.argv[2] ?? '');
else await measure(process.argv[2]);
