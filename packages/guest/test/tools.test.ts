/** The runner of build tools: the files that a tool sees, its limits, and its end. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildC, buildJail, buildWasmImage, runScript, runTool } from '@colony/guest';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { slowModule } from '../../../scripts/lib/slow-module.mjs';
import { Gate } from '../dist/tools/gate.js';

const folder = mkdtempSync(join(tmpdir(), 'colony-tools-'));
afterAll(() => rmSync(folder, { recursive: true }));
afterEach(() => {
  delete process.env['COLONY_BWRAP'];
});

const sh = (script: string, places: Omit<Parameters<typeof runTool>[0], 'file' | 'args'> = {}) =>
  runTool({ file: '/bin/sh', args: ['-c', script], ...places });

/** Returns the command lines of all processes that name a path. */
const processesOf = (path: string): string[] =>
  numbersOf(path).flatMap((pid) => {
    try {
      return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
    } catch {
      return []; // it has just ended
    }
  });

/** Returns the numbers of all processes that name a path. */
const numbersOf = (path: string): string[] =>
  readdirSync('/proc').filter((pid) => {
    try {
      return /^\d+$/.test(pid) && readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(path);
    } catch {
      return false;
    }
  });

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((done) => setTimeout(done, 10));
}

const WAYS = [
  ['with bubblewrap', undefined],
  ['without', 'none'],
] as const;

describe.each(WAYS)('a build tool %s', (_, named) => {
  beforeEach(async (context) => {
    if (named !== undefined) process.env['COLONY_BWRAP'] = named;
    else if ((await buildJail()).bubblewrap === undefined) context.skip('bubblewrap does not work here');
  });

  it('has no environment of the host', async () => {
    process.env['COLONY_TEST_SECRET'] = 'secret';
    const { stdout } = await runTool({ file: 'env', args: [] });
    delete process.env['COLONY_TEST_SECRET'];
    const names = stdout.split('\n').map((line) => line.split('=')[0]!);
    const known = ['PATH', 'LC_ALL', 'TMPDIR', 'CCACHE_DISABLE', 'PWD', 'OLDPWD', 'SHLVL', '_', ''];
    expect(names.filter((name) => !known.includes(name))).toEqual([]);
  });

  it('has limits', async () => {
    const { stdout } = await sh('ulimit -c; ulimit -v; ulimit -t; ulimit -f', {
      limits: { addressSpace: 2 ** 30, time: 5500 },
    });
    const [core, memory, time, file] = stdout.trim().split('\n');
    expect([core, memory, time]).toEqual(['0', String(2 ** 20), '6']);
    expect(Number(file)).toBeGreaterThan(0);
  });

  it('ends when it takes too long, with all that it started', async () => {
    const mark = join(folder, 'too-long');
    const run = sh(`sh -c 'while :; do :; done' ${mark} & sh -c 'sleep 1000' ${mark}; :`, { limits: { time: 200 } });
    await expect(run).rejects.toMatchObject({ code: 'ERR_LIMIT_BUILD_TIME', message: /took longer than 0\.2 s/ });
    expect(processesOf(mark)).toEqual([]);
  });

  it('ends when it is aborted, with all that it started', async () => {
    const mark = join(folder, `aborted-${named}`);
    const { signal, abort } = controller();
    const run = sh(`sh -c 'sleep 1000; :' ${mark} & sh -c 'sleep 1000; :' ${mark}; :`, { signal });
    const ended = expect(run).rejects.toMatchObject({ code: 'ERR_ABORTED' });
    await until(() => processesOf(mark).length > 2);
    abort();
    await ended;
    expect(processesOf(mark)).toEqual([]);
    await expect(sh(':', { signal })).rejects.toMatchObject({ code: 'ERR_ABORTED' });
  });

  it('that is missing is reported', async () => {
    expect(await runTool({ file: 'no-such-tool', args: [] })).toMatchObject({ code: 'ENOENT' });
    expect(await sh('exit 3')).toMatchObject({ code: 3 });
  });

  it('may write much output, of which a part is kept', async () => {
    const { code, stderr } = await sh('yes warning | head -c 3000000 >&2');
    expect(code).toBe(0);
    expect(stderr.length).toBe(2 ** 20);
  });

  it('compiles a hostile module until it is aborted, and then leaves nothing', async () => {
    const cacheDir = join(folder, `cache-${named}`);
    mkdirSync(cacheDir);
    const module = slowModule(22_000);
    expect(WebAssembly.validate(module)).toBe(true);
    const { signal, abort } = controller();
    const build = buildWasmImage({ module, cacheDir, signal });
    const ended = expect(build).rejects.toMatchObject({ code: 'ERR_ABORTED' });
    await until(() => processesOf(cacheDir).some((line) => line.includes('cc1')));
    const numbers = numbersOf(cacheDir);
    abort();
    await ended;
    // Also no zombie, which has lost its command line.
    await until(() => !numbers.some((pid) => existsSync(`/proc/${pid}`)));
    // Also no partial output.
    await until(() => readdirSync(join(cacheDir, 'wasm')).length === 0);
  });

  it('ends with its host, when that calls process.exit', async () => {
    const cacheDir = join(folder, `exit-${named}`);
    mkdirSync(cacheDir);
    const host = startHost(cacheDir, 'process.stdin.once("data", () => process.exit(0))');
    await until(() => processesOf(cacheDir).some((line) => line.includes('cc1')));
    host.stdin.write('.');
    await once(host, 'exit');
    await until(() => processesOf(cacheDir).length === 0);
  });

  it('compiles for several, and continues until none of them waits', async () => {
    const cacheDir = join(folder, `several-${named}`);
    mkdirSync(cacheDir);
    // The module is slow enough that this process sees the tool running, however rarely it checks.
    const module = slowModule(900);
    const { signal, abort } = controller();
    const builds = [buildWasmImage({ module, cacheDir, signal }), buildWasmImage({ module, cacheDir })];
    const ended = expect(builds[0]).rejects.toMatchObject({ code: 'ERR_ABORTED' });
    await until(() => processesOf(cacheDir).length > 0);
    abort();
    await ended;
    expect(
      readFileSync(await builds[1]!)
        .subarray(1, 4)
        .toString(),
    ).toBe('ELF');
  });

  it('has a time for a program in C, too', async () => {
    const file = join(folder, 'long.c');
    const body = Array.from(
      { length: 30_000 },
      (_, i) => `if (n == ${i}) goto l${(i * 7919) % 30_000}; l${i}: n ^= ${i};`,
    );
    writeFileSync(
      file,
      `#include <colony/virtine.h>\nint f(int n) {\n${body.join('\n')}\nreturn n; }\nCOLONY_EXPORT(int, f, int);`,
    );
    const build = buildC({ file, cacheDir: folder, buildTime: 1000 });
    await expect(build).rejects.toMatchObject({ code: 'ERR_LIMIT_BUILD_TIME', message: /took longer than 1 s/ });
  });
});

describe('a jailed build tool', () => {
  beforeEach(async (context) => {
    if ((await buildJail()).bubblewrap === undefined) context.skip('bubblewrap does not work here');
  });

  it('reads only its declared files', async () => {
    const [chosen, other] = [join(folder, 'given'), join(folder, 'other')];
    for (const path of [chosen, other]) {
      mkdirSync(path);
      writeFileSync(join(path, 'file'), 'content');
    }
    const { stdout, stderr } = await sh(`cat ${chosen}/file ${other}/file /etc/passwd; ls ${folder}`, {
      reads: [chosen],
    });
    expect(stdout).toBe('contentgiven\n');
    expect(stderr).toMatch(/other\/file: No such file[\s\S]*\/etc\/passwd: No such file/);
  });

  it('writes only to its folder', async () => {
    const [read, write] = [join(folder, 'read'), join(folder, 'write')];
    for (const path of [read, write]) mkdirSync(path);
    const { stderr } = await sh(
      `echo a > ${write}/made; echo b > ${read}/made; echo c > /usr/lib/made; echo d > ${folder}/made`,
      {
        reads: [read],
        writes: [write],
      },
    );
    expect(stderr).toMatch(/Read-only file system[\s\S]*Read-only file system/);
    expect([readdirSync(write), readdirSync(read)]).toEqual([['made'], []]);
    expect(readdirSync(folder)).not.toContain('made');
  });

  it('has no network', async () => {
    const heard: unknown[] = [];
    const server = createServer((socket) => heard.push(socket.destroy())).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as { port: number };
    const script = join(folder, 'connect.cjs');
    writeFileSync(script, `require('node:net').connect(${port}, '127.0.0.1').on('error', (e) => console.log(e.code))`);
    const { stdout } = await runScript(script, [], { reads: [script] });
    server.close();
    expect(heard).toEqual([]);
    expect(stdout).toMatch(/ECONNREFUSED|ENETUNREACH/);
  });

  it('sees no process of the host', async () => {
    const { stdout } = await sh(`echo $$; kill -0 ${process.pid} 2>&1; ls /proc 2>&1`);
    expect(stdout).toMatch(/^1\n.*No such process\n+.*No such file/);
  });

  it('reads files that another user has closed to others, if root permits it', async (context) => {
    if (process.getuid!() !== 0) context.skip('only root can give a folder to another user');
    const closed = join(folder, 'closed');
    mkdirSync(closed, { mode: 0o700 });
    writeFileSync(join(closed, 'file'), 'content', { mode: 0o600 });
    for (const path of [join(closed, 'file'), closed]) chownSync(path, 65534, 65534);
    const { stdout, stderr } = await sh(`cat ${closed}/file; echo x > ${closed}/file; cat /etc/shadow`, {
      reads: [closed],
    });
    expect(stdout).toBe('content');
    expect(stderr).toMatch(/Read-only file system[\s\S]*\/etc\/shadow: No such file/);
  });

  it('has only limits and checks if bubblewrap cannot make namespaces', async () => {
    process.env['COLONY_BWRAP'] = '/bin/false';
    expect(await buildJail()).toEqual({ bubblewrap: undefined, reason: 'it ended with status 1' });
    expect(await sh('echo works')).toMatchObject({ code: 0, stdout: 'works\n' });
  });

  it('ends with its host, when that is killed', async () => {
    const cacheDir = join(folder, 'killed');
    mkdirSync(cacheDir);
    const host = startHost(cacheDir, '');
    await until(() => processesOf(cacheDir).some((line) => line.includes('cc1')));
    host.kill('SIGKILL');
    await once(host, 'exit');
    await until(() => processesOf(cacheDir).length === 0);
  });
});

describe('a jail that is made while its host dies', () => {
  it('does not run its tool', async (context) => {
    const { bubblewrap } = await buildJail();
    if (bubblewrap === undefined) context.skip('bubblewrap does not work here');
    const place = join(folder, 'late');
    mkdirSync(place);
    // Slow, and not ended with its host, as bubblewrap's child is until it has made the jail. The trial run has no
    // tool.
    const slow = join(place, 'slow-bwrap');
    const started = join(place, 'started');
    const script = [
      '#!/bin/sh',
      `case "$*" in *${place}*) touch ${started}; while test -e ${started}; do sleep 0.05; done;; esac`,
      'for word do shift; test "$word" = --die-with-parent || set -- "$@" "$word"; done',
      `exec ${bubblewrap} "$@"`,
    ];
    writeFileSync(slow, script.join('\n'), { mode: 0o755 });
    const host = join(place, 'host.mjs');
    const run = { file: '/bin/sh', args: ['-c', `touch ${place}/ran`], writes: [place] };
    const index = JSON.stringify(new URL('../dist/index.js', import.meta.url).href);
    writeFileSync(host, `import { runTool } from ${index};\nawait runTool(${JSON.stringify(run)});`);
    const tool = async (end: (child: ChildProcess) => void) => {
      const env = { PATH: process.env['PATH'], COLONY_BWRAP: slow };
      const child = spawn(process.execPath, [host], { env, stdio: 'inherit' });
      await until(() => existsSync(started));
      end(child);
      await Promise.all([once(child, 'exit'), rm(started)]);
      await until(() => processesOf(`touch ${place}/ran`).length === 0);
      return existsSync(join(place, 'ran'));
    };
    expect(await tool((child) => child.kill('SIGKILL'))).toBe(false);
    expect(await tool(() => {})).toBe(true);
  });
});

/** Starts a process that compiles a slow module. Its own command line does not name the folder. */
function startHost(cacheDir: string, more: string) {
  const script = join(folder, 'host.mjs');
  writeFileSync(
    script,
    `import { buildWasmImage } from ${JSON.stringify(new URL('../dist/index.js', import.meta.url).href)};
     const module = new Uint8Array(Buffer.from(process.env.MODULE_HEX, 'hex'));
     void buildWasmImage({ module, cacheDir: process.env.FOLDER });
     ${more}`,
  );
  // Any module works whose C code takes longer than the test.
  const env = { PATH: process.env['PATH'], COLONY_BWRAP: process.env['COLONY_BWRAP'], FOLDER: cacheDir };
  const module = Buffer.from(slowModule(2500)).toString('hex');
  return spawn(process.execPath, [script], {
    env: { ...env, MODULE_HEX: module },
    stdio: ['pipe', 'inherit', 'inherit'],
  });
}

function controller() {
  const own = new AbortController();
  return { signal: own.signal, abort: () => own.abort() };
}

describe('the gate', () => {
  it('admits up to the limit, in the order of arrival', async () => {
    const gate = new Gate(2);
    const order: number[] = [];
    let [inside, most] = [0, 0];
    const visit = async (i: number) => {
      const leave = await gate.enter();
      order.push(i);
      most = Math.max(most, ++inside);
      await new Promise((done) => setTimeout(done, 1));
      inside--;
      leave();
    };
    await Promise.all([0, 1, 2, 3, 4, 5].map(visit));
    expect([order, most]).toEqual([[0, 1, 2, 3, 4, 5], 2]);
  });

  it('does not keep aborted waiters', async () => {
    const gate = new Gate(1);
    const leave = await gate.enter();
    const { signal, abort } = controller();
    const waiting = gate.enter(signal);
    const next = gate.enter();
    abort();
    await expect(waiting).rejects.toMatchObject({ code: 'ERR_ABORTED' });
    leave();
    (await next)();
    (await gate.enter())();
  });
});
