/** Node itself as a Linux program: its event loop, its threads and its files, natively and in a virtine. */
import { realpathSync } from 'node:fs';
import type { Context, LinuxExports } from '@colony/core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeKvm } from '../lib/kvm.js';
import { type Run, Workshop } from '../lib/linux.js';

const script = (source: string, run: Run = {}): Run => ({ ...run, args: ['-e', source] });

const SCRIPTS: Readonly<Record<string, Run>> = {
  'timers, immediates and promises': script(`
    setTimeout(() => console.log('late'), 20);
    setTimeout(() => console.log('soon'), 1);
    setImmediate(() => { console.log('immediate'); setTimeout(() => console.log('then'), 40); });
    process.nextTick(() => console.log('tick'));
    Promise.resolve().then(() => console.log('promise'));
    queueMicrotask(() => console.log('microtask'));`),
  'an interval': script(
    `let n = 0; const i = setInterval(() => { console.log(++n); if (n === 5) clearInterval(i); }, 3);`,
  ),
  'files by promises': script(`
    const fs = require('fs/promises');
    (async () => {
      await fs.mkdir('made');
      await Promise.all([...Array(20).keys()].map((i) => fs.writeFile('made/' + i, 'x'.repeat(i * 1000))));
      const sizes = await Promise.all((await fs.readdir('made')).map(async (name) => (await fs.stat('made/' + name)).size));
      console.log(sizes.sort((a, b) => a - b).join());
      await fs.readFile('missing').catch((error) => console.log(error.code, error.syscall));
    })();`),
  'a pool of threads': script(`
    const crypto = require('crypto'), zlib = require('zlib');
    const { promisify } = require('util');
    const data = Buffer.from(Array.from({ length: 300000 }, (_, i) => (i * i) >> 7));
    (async () => {
      const keys = [1, 2, 3, 4, 5, 6].map((i) => promisify(crypto.pbkdf2)('a' + i, 'salt', 2000, 16, 'sha256'));
      for (const key of await Promise.all(keys)) console.log(key.toString('hex'));
      const packed = await promisify(zlib.gzip)(data);
      console.log((await promisify(zlib.gunzip)(packed)).equals(data), packed.length < data.length);
      console.log(crypto.createHash('sha256').update(data).digest('hex'));
    })();`),
  'worker threads': script(`
    const { Worker } = require('worker_threads');
    const source = "const { parentPort, workerData } = require('worker_threads');" +
      "parentPort.on('message', (n) => { parentPort.postMessage(n * workerData); if (n === 3) parentPort.close(); });";
    const run = (workerData) => new Promise((resolve) => {
      const got = [], worker = new Worker(source, { eval: true, workerData });
      worker.on('message', (value) => got.push(value)).on('exit', (code) => resolve([code, ...got]));
      for (const n of [1, 2, 3]) worker.postMessage(n);
    });
    run(7).then((all) => console.log(JSON.stringify(all)));`),
  'Atomics.wait': script(`
    const { Worker } = require('worker_threads');
    const shared = new Int32Array(new SharedArrayBuffer(8));
    const worker = new Worker("const { workerData: s } = require('worker_threads'); Atomics.store(s, 0, 42); Atomics.notify(s, 0);", { eval: true, workerData: shared });
    console.log(Atomics.wait(shared, 1, 0, 10));
    worker.on('exit', () => console.log(Atomics.wait(shared, 0, 0), shared[0]));`),
  'an unhandled rejection': script(`async function fail() { throw new TypeError('boom'); } fail();`),
  'an exception': script(`process.on('exit', (code) => console.log('exit', code)); null.x;`),
  'a status': script(`setImmediate(() => process.exit(9)); console.error('to stderr');`),
  'standard input': script(
    `let all = ''; process.stdin.setEncoding('utf8').on('data', (d) => { all += d; }).on('end', () => console.log(all.length, all.slice(-4)));`,
    { stdin: `${'line\n'.repeat(5000)}end` },
  ),
  'standard input at once': script(`console.log(require('fs').readFileSync(0, 'utf8').toUpperCase())`, {
    stdin: 'abc',
  }),
  'long output': script(`for (let i = 0; i < 20000; i++) console.log('line', i);`),
  streams: script(`
    const { pipeline, Readable, Transform } = require('stream');
    pipeline(Readable.from(['a', 'b', 'c']), new Transform({ transform(c, e, next) { setImmediate(next, null, c + '!'); } }),
      process.stdout, (error) => { if (error) throw error; });`),
};

describeKvm('Node as a Linux program', () => {
  const workshop = new Workshop();
  const executable = realpathSync(process.execPath);
  let context: Context<LinuxExports>;
  beforeAll(async () => {
    context = await workshop.context({ executable }, { limits: { memory: '2 GiB' } });
  });
  afterAll(async () => {
    await context?.dispose();
    workshop.remove();
  });

  for (const [name, run] of Object.entries(SCRIPTS)) {
    it(name, async () => {
      expect(await workshop.inVirtine(context, run)).toEqual(workshop.natively(executable, run));
    });
  }
});
