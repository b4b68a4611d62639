import { describe, expect, it } from 'vitest';
import { kvmProblem } from '../../../scripts/lib/kvm.mjs';
import { colony, folderWith } from './lib.js';

const PROGRAM = `
  export const add = (a, b) => a + b;
  export const echo = (value) => value;
  export default () => 'the default';
  export const fail = () => { throw new RangeError('no such row') };
  export const loop = () => { for (;;); };
  export const hoard = () => { const all = []; for (;;) all.push(new Uint8Array(1 << 20).fill(1)); };
  export const now = () => Date.now();
  export const say = () => { console.log('hello'); };
`;
const noKvm = kvmProblem();

describe('with kvm', () => {
  const run = (file: string, ...args: string[]) => {
    const folder = folderWith({
      'p.mjs': PROGRAM,
      't.ts': 'interface A { a: number }\nexport const f = (x: A): number => x.a;\n',
      'add.c':
        '#include <colony/virtine.h>\nint add(int a, int b) { return a + b; }\nCOLONY_EXPORT(int, add, int, int);\n',
      'args.json': '[20, 22]',
      'policy.json': '{ "clock": { "fixed": 1000 } }',
      'bad.json': '{ "clocks": true }',
    });
    return colony(['run', file, '--backend', 'kvm', ...args], { cwd: folder });
  };
  const kvm = (name: string, body: () => Promise<void>) =>
    it(name, async (context) => {
      if (noKvm !== undefined) context.skip(noKvm);
      await body();
    });

  kvm('prints what a function gives', async () => {
    expect(await run('p.mjs', '--call', 'add', '--args', '[2,3]')).toEqual({ status: 0, stdout: '5\n', stderr: '' });
    expect((await run('p.mjs')).stdout).toBe('the default\n');
    expect((await run('p.mjs', '--call', 'add', '--args', '@args.json')).stdout).toBe('42\n');
  });

  kvm('takes TypeScript and C', async () => {
    expect(await run('t.ts', '--call', 'f', '--args', '[{"a":7}]')).toEqual({ status: 0, stdout: '7\n', stderr: '' });
    expect(await run('add.c', '--call', 'add', '--args', '[2,3]')).toEqual({ status: 0, stdout: '5\n', stderr: '' });
  });

  kvm('--engine v8 runs JavaScript in Node, and refuses other programs', async () => {
    const folder = folderWith({
      'v8.mjs':
        "import { basename } from 'node:path';\nexport default () => [basename('/a/b'), (0.5).toLocaleString('de')];",
      'add.c': '#include <colony/virtine.h>\nint one(void) { return 1; }\nCOLONY_EXPORT(int, one);\n',
    });
    const onV8 = (file: string, ...args: string[]) =>
      colony(['run', file, '--engine', 'v8', '--memory', '128 MiB', ...args], { cwd: folder });
    expect(await onV8('v8.mjs')).toEqual({ status: 0, stdout: "[ 'b', '0,5' ]\n", stderr: '' });
    expect(JSON.parse((await onV8('v8.mjs', '--json')).stdout)).toMatchObject({ value: ['b', '0,5'], backend: 'kvm' });
    const onQuickJs = await colony(['run', 'v8.mjs', '--backend', 'kvm'], { cwd: folder });
    expect([onQuickJs.status, onQuickJs.stderr]).toEqual([2, expect.stringMatching(/'node:path'.*engine: 'v8'/)]);
    const refused = await onV8('add.c', '--call', 'one');
    expect([refused.status, refused.stderr]).toEqual([2, expect.stringMatching(/only JavaScript programs/)]);
  });

  kvm('--json carries what JSON lacks, both ways', async () => {
    const value = [
      { $type: 'bigint', value: '7' },
      { $type: 'Map', entries: [['k', { $type: 'Uint8Array', base64: 'AAE=' }]] },
      null,
    ];
    const { stdout, status } = await run('p.mjs', '--call', 'echo', '--args', JSON.stringify([value]), '--json');
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ ok: true, value, backend: 'kvm' });
  });

  kvm('a Linux executable gets a hint', async () => {
    const { status, stderr } = await run(process.execPath);
    expect(status).toBe(2);
    expect(stderr).toMatch(/not a virtine image/);
    expect(stderr).toMatch(/^hint .*colony exec/m);
  });

  kvm("a guest's error: code, message and the guest's stack with file and line", async () => {
    const { status, stderr, stdout } = await run('p.mjs', '--call', 'fail');
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    expect(stderr).toContain('ERR_GUEST_THROWN');
    expect(stderr).toContain('no such row');
    expect(stderr).toMatch(/p\.mjs:5/);
    const json = JSON.parse((await run('p.mjs', '--call', 'fail', '--json')).stdout);
    expect(json).toMatchObject({
      ok: false,
      error: { code: 'ERR_GUEST_THROWN', details: { guest: { name: 'RangeError' } } },
    });
  });

  kvm('limits and policy stop, with a status of their own', async () => {
    expect(await run('p.mjs', '--call', 'loop', '--timeout', '100 ms')).toMatchObject({
      status: 3,
      stderr: expect.stringMatching(/ERR_LIMIT_(WALL|CPU)_TIME/),
    });
    expect(await run('p.mjs', '--call', 'hoard', '--memory', '16 MiB')).toMatchObject({
      status: 3,
      stderr: expect.stringContaining('ERR_LIMIT_MEMORY'),
    });
    expect(await run('p.mjs', '--call', 'now')).toMatchObject({
      status: 3,
      stderr: expect.stringContaining('ERR_POLICY_DENIED'),
    });
    expect((await run('p.mjs', '--call', 'now', '--policy', 'policy.json')).stdout).toBe('1000\n');
    expect((await run('p.mjs', '--call', 'now', '--policy', 'deterministic')).stdout).toBe('946684800000\n');
  });

  kvm('mistakes of the caller', async () => {
    expect(await run('p.mjs', '--call', 'missing')).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('ERR_NO_SUCH_EXPORT'),
    });
    expect(await run('p.mjs', '--policy', 'bad.json')).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('clocks'),
    });
    expect(await run('p.mjs', '--timeout', 'soon')).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('--timeout'),
    });
  });
});

it('reports mistakes before anything runs', async () => {
  const cwd = folderWith({ 'p.mjs': PROGRAM, 'empty.bin': '', 'not.json': '{' });
  const run = (...args: string[]) => colony(['run', ...args], { cwd });
  expect(await run('missing.js')).toMatchObject({ status: 2, stderr: expect.stringContaining('missing.js') });
  expect(await run('p.mjs', '--args', '{"a":1}')).toMatchObject({
    status: 2,
    stderr: expect.stringContaining('JSON array'),
  });
  expect(await run('p.mjs', '--args', '[1')).toMatchObject({
    status: 2,
    stderr: expect.stringContaining('--args is not JSON'),
  });
  expect(await run('p.mjs', '--policy', 'not.json')).toMatchObject({
    status: 2,
    stderr: expect.stringContaining('not JSON'),
  });
  expect(await run('empty.bin')).toMatchObject({ status: 2, stderr: expect.stringContaining('empty') });
  expect(await run('p.mjs', '--backend', 'kwm')).toMatchObject({ status: 2, stderr: expect.stringContaining("'kvm'") });
  const missing = await run('p.mjs', '--backend', 'kwm', '--json');
  expect(JSON.parse(missing.stdout)).toMatchObject({ ok: false, error: { code: 'ERR_BAD_OPTION' } });
});
