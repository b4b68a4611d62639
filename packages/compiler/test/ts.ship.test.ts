import { execFile } from 'node:child_process';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { doctor, START_CHANNEL, type StartRecord, shutdown } from '@colony/core';
import { transform } from 'esbuild';
import { afterAll, describe, expect, it } from 'vitest';
import { type ModuleOutput, reportJson, reportText } from '../src/index.js';
import { Project } from './ts/project.js';

const works = (await doctor(['wasm', 'kvm'])).filter((report) => report.works).map(({ backend }) => backend);

const TABLE = `export const table = new Map<string, number>();
for (let i = 0; i < 1000; i++) table.set('k' + i, i * STEP);
export const later = { now: () => Date.now(), log: (text: string) => console.log(text) };
`;
const MAIN = `import { virtine } from '@colony/compiler/runtime';
import { later, table } from './table.js';
export const look = virtine((key: string) => [table.get(key), table.size, later.now() > 0]);
export async function dice(): Promise<number> {
  'use virtine';
  return Math.random();
}
`;

async function shippedProject(snapshot: string | readonly string[], step = 2, main = MAIN): Promise<Project> {
  return new Project({ 'main.ts': main, 'table.ts': TABLE.replace('STEP', String(step)) }, { snapshot });
}

async function write(output: ModuleOutput, folder: string): Promise<void> {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'main.js'), (await transform(output.code, { loader: 'ts', format: 'esm' })).code);
  for (const { file, bytes } of output.snapshots) writeFileSync(join(folder, file), bytes);
}

interface Main {
  look(key: string): Promise<unknown>;
  dice(): Promise<number>;
}

/** Runs `work` after this process forgot its evaluated programs. Also returns how contexts started meanwhile. */
async function run<T>(folder: string, backend: string, work: (main: Main) => Promise<T>) {
  const runtime: typeof import('@colony/compiler/runtime') = await import('@colony/compiler/runtime');
  const starts: StartRecord[] = [];
  const listen = (record: unknown) => void starts.push(record as StartRecord);
  await shutdown();
  subscribe(START_CHANNEL, listen);
  try {
    runtime.configure({ backend });
    const main = (await import(/* @vite-ignore */ pathToFileURL(join(folder, 'main.js')).href)) as Main;
    return { result: await work(main), starts };
  } finally {
    unsubscribe(START_CHANNEL, listen);
    await runtime.disposeVirtines();
  }
}

afterAll(async () => await shutdown());

describe.each(works)('shipped for %s', (backend) => {
  const looks = (main: Main) => main.look('k7');
  const RESULT = [14, 1000, true];

  it('starts from the file in a new process', async () => {
    const project = await shippedProject(backend);
    const folder = join(project.directory, 'out');
    const output = await project.compile('main.ts');
    await write(output, folder);
    expect(output.virtines.map(({ shipped }) => shipped)).toEqual([[{ backend }], [{ backend }]]);
    expect(output.warnings).toEqual([]);
    const script = `import { subscribe } from 'node:diagnostics_channel';
import { configure, disposeVirtines } from '@colony/compiler/runtime';
import { look, dice } from './main.js';
const kinds = [];
subscribe('${START_CHANNEL}', ({ kind, refused }) => kinds.push(kind, ...refused));
configure({ backend: '${backend}' });
const result = await look('k7');
const { startedFrom, exports } = await look.ready();
console.log(JSON.stringify({ result, numbers: [await dice(), await dice()], kinds, file: startedFrom.file, exports }));
await disposeVirtines();
`;
    writeFileSync(join(folder, 'run.mjs'), script);
    const once = async () =>
      JSON.parse((await promisify(execFile)(process.execPath, [join(folder, 'run.mjs')])).stdout);
    const [one, two] = [await once(), await once()];
    expect(one).toMatchObject({ result: RESULT, kinds: ['file', 'file'], exports: ['call'] });
    expect(one.file).toBe(join(folder, output.snapshots[0]!.file));
    // A frozen state has no seed: neither calls nor processes get the same numbers.
    expect(new Set([...one.numbers, ...two.numbers]).size).toBe(4);
  }, 300_000);

  const CASES: readonly (readonly [
    what: string,
    spoil: (folder: string, file: string, other: string) => void,
    RegExp,
  ])[] = [
    ['is missing', (folder, file) => rmSync(join(folder, file)), /it is missing/],
    [
      'is damaged',
      (folder, file) => {
        const bytes = readFileSync(join(folder, file));
        bytes[bytes.length >> 1]! ^= 1;
        writeFileSync(join(folder, file), bytes);
      },
      /ERR_SNAPSHOT_DAMAGED/,
    ],
    [
      'is cut short',
      (folder, file) => writeFileSync(join(folder, file), readFileSync(join(folder, file)).subarray(0, 5000)),
      /ERR_SNAPSHOT_DAMAGED/,
    ],
    [
      'is of another format',
      (folder, file) => {
        const bytes = readFileSync(join(folder, file));
        bytes[8] = 200;
        writeFileSync(join(folder, file), bytes);
      },
      /ERR_SNAPSHOT_VERSION/,
    ],
    [
      'is a whole one of another program',
      (folder, file, other) => cpSync(other, join(folder, file)),
      /ERR_SNAPSHOT_FOREIGN: .*SHA-256/,
    ],
    [
      'was made with another engine',
      (folder) => edit(folder, (code) => code.replace(/(\\?"engine\\?":\s*\\?")[0-9a-f]{64}/g, `$1${'0'.repeat(64)}`)),
      /another version of the engine/,
    ],
    [
      'is of a program that was changed since',
      (folder) => edit(folder, (code) => code.replaceAll('table.size', 'table.size + 0')),
      /another program/,
    ],
  ];
  const edit = (folder: string, change: (code: string) => string) => {
    const file = join(folder, 'main.js');
    const code = readFileSync(file, 'utf8');
    expect(change(code)).not.toBe(code);
    writeFileSync(file, change(code));
  };

  it.each(CASES)(
    'evaluates if the file %s',
    async (what, spoil, reason) => {
      const project = await shippedProject(backend);
      const other = await shippedProject(backend, 3);
      const folder = join(project.directory, `out ${what}`);
      const output = await project.compile('main.ts');
      await write(output, folder);
      await write(await other.compile('main.ts'), join(other.directory, 'out'));
      const others = readdirSync(join(other.directory, 'out')).filter((name) => name.startsWith('main.look'));
      spoil(folder, output.snapshots[0]!.file, join(other.directory, 'out', others[0]!));
      const { result, starts } = await run(folder, backend, looks);
      expect(result).toEqual(RESULT);
      expect(starts).toMatchObject([{ kind: 'program', refused: [expect.stringMatching(reason)] }]);
    },
    300_000,
  );

  it('evaluates on other backends, and reports that', async () => {
    const project = await shippedProject(backend);
    const folder = join(project.directory, 'out');
    await write(await project.compile('main.ts'), folder);
    for (const other of [...works.filter((candidate) => candidate !== backend), 'process']) {
      const { result, starts } = await run(folder, other, looks);
      expect(result).toEqual(RESULT);
      expect(starts).toMatchObject([
        { kind: 'program', refused: [expect.stringMatching(/starts from no files|was shipped/)] },
      ]);
    }
  }, 300_000);

  it('shares the state of a file as it shares an evaluated one', async () => {
    const project = await shippedProject(backend);
    const folder = join(project.directory, 'out');
    await write(await project.compile('main.ts'), folder);
    const { starts } = await run(folder, backend, async (main) => {
      const look = main.look as unknown as { dispose(): Promise<void> };
      await main.look('k1');
      await look.dispose();
      return await main.look('k1');
    });
    expect(starts.map(({ kind }) => kind)).toEqual(['file', 'process']);
  }, 300_000);

  it('gives the same bytes for the same input', async () => {
    const [one, two] = await Promise.all(
      [1, 2].map(async () => await (await shippedProject(backend)).compile('main.ts')),
    );
    expect(reportJson(one!.virtines)).toBe(reportJson(two!.virtines));
    expect(one!.code).toBe(two!.code);
    expect(one!.snapshots.map(({ sha256 }) => sha256)).toEqual(two!.snapshots.map(({ sha256 }) => sha256));
  }, 300_000);

  it('evaluates again only what changed', async () => {
    const project = await shippedProject(backend);
    const before = await project.compile('main.ts');
    project.write('table.ts', TABLE.replace('STEP', '5'));
    const after = await project.compile('main.ts');
    expect(after.snapshots[0]!.sha256).not.toBe(before.snapshots[0]!.sha256);
    expect(after.snapshots[1]).toBe(before.snapshots[1]);
  }, 300_000);
});

describe('a build does not ship a state', () => {
  const [backend] = works;
  const refused = async (init: string) => {
    const main = `import { at } from './init.js';\nexport async function f(): Promise<unknown> {\n  'use virtine';\n  return at;\n}\n`;
    const project = new Project({ 'main.ts': main, 'init.ts': init }, { snapshot: backend! });
    return await project.compile('main.ts');
  };

  it.each([
    ['the clock', 'export const at = Date.now();', 'colony:clock', 'clock'],
    ['randomness', 'export const at = [Math.random()];', 'colony:random', 'random'],
    ['the console', "console.log('hello'); export const at = 1;", 'colony:console', 'console'],
    ['the environment', "declare const colony: any; export const at = colony.env('HOME');", 'colony:env', 'env'],
    [
      'the network',
      "export const at = await fetch('https://example.invalid/').catch(() => 0);",
      'colony:fetch',
      'fetch',
    ],
    [
      'a hypercall',
      "import { host } from '@colony/compiler/runtime'; export const at = (host as any).rates();",
      'rates',
      'hypercalls.rates',
    ],
    [
      'it far away',
      'const deep = () => inner(); const inner = () => Date.now(); export const at = deep();',
      'colony:clock',
      'clock',
    ],
  ])(
    'of a program that asks for %s',
    async (_what, init, hypercall, grant) => {
      const output = await refused(init);
      const [report] = output.virtines;
      expect(output.snapshots).toEqual([]);
      expect(report!.shipped).toMatchObject([
        { backend, refused: expect.stringContaining(`asks the host for ${hypercall}`) },
      ]);
      const because = report!.shipped![0]!.because!;
      expect(because.map((reason) => reason.grant)).toContain(grant);
      expect(because[0]!.chain.map(({ name }) => name)).toContain('module initialisation of init.ts');
      expect(output.warnings.join('\n')).toContain(
        `main.ts:2:8: virtine \`f\`: no snapshot for ${backend}: its initialisation asks`,
      );
      expect(reportText(output.virtines)).toMatch(
        /Shipped after that\n {2}not for \w+: its initialisation asks the host[^\n]*\n {4}/,
      );
      expect(output.code).not.toContain('import.meta.url');
    },
    300_000,
  );

  it('of a program that fails when it is evaluated', async () => {
    const output = await refused("export const at = JSON.parse('{');");
    expect(output.virtines[0]!.shipped).toEqual([{ backend, refused: expect.stringMatching(/JSON|property name/) }]);
  });

  it('for a backend without snapshot files; an unknown backend is an error', async () => {
    const output = await (await shippedProject(['process'])).compile('main.ts');
    expect(output.virtines[0]!.shipped).toEqual([
      { backend: 'process', refused: expect.stringMatching(/writes no snapshots|cannot work here/) },
    ]);
    await expect((await shippedProject('kwm')).compile('main.ts')).rejects.toMatchObject({ code: 'ERR_BAD_OPTION' });
  }, 300_000);
});
