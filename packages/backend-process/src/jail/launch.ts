/** Starts a program in a jail. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, readFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { constants } from 'node:os';
import type { Duplex, Readable } from 'node:stream';
import { ColonyError, type Mechanism } from '@colony/core';
import { endWithThread, findBubblewrap } from '@colony/guest';
import { type Cgroup, createCgroup } from './cgroup.js';
import { type Command, commandFor, INFO_DESCRIPTOR, processesOf, type Tools } from './command.js';
import { jailHelper } from './helper.js';
import { lastWords } from './last-words.js';
import { ownNamespaces } from './namespaces.js';
import { readReport, seenInside } from './report.js';
import type { JailExit, Jailed, JailSpec } from './types.js';

/** Bytes of a jail's cgroup beyond the program's: for bubblewrap and the kernel's own bookkeeping. */
const CGROUP_ROOM = 16 << 20;
/** bubblewrap reports a program's death by a signal as the sum of this and the signal's number. */
const SIGNAL_EXIT = 128;
/** The jail waits for a byte, of any value, before it runs the program. */
const GO = Uint8Array.of(1);
/** Milliseconds that bubblewrap may take to end after its program is killed. */
const MOST_LINGERING = 1000;

/** Milliseconds in which a jail must report, on a busy machine. */
const REPORT_TIME = 20_000;

/**
 * @param within milliseconds in which the jail must report: one that is stopped meanwhile would hold its caller for ever
 * @throws ColonyError ERR_BACKEND_UNAVAILABLE if the jail cannot be made, with the jail's message and the remedy.
 */
export async function launch(spec: JailSpec, within = REPORT_TIME): Promise<Jailed> {
  if (!Object.hasOwn(spec.files, spec.program)) throw unjailed(`${spec.program} is not one of its files`);
  const tools: Tools = { helper: await jailHelper(), bubblewrap: findBubblewrap() };
  const { memory } = spec.limits ?? {};
  const cgroup = createCgroup({
    ...(memory !== undefined && { memory: memory + CGROUP_ROOM }),
    processes: processesOf(spec) + 1,
  });
  try {
    return await start(spec, tools, cgroup, within);
  } catch (error) {
    cgroup?.remove();
    throw ColonyError.is(error) ? error : unjailed((error as Error).message, error);
  }
}

async function start(spec: JailSpec, tools: Tools, cgroup: Cgroup | undefined, within: number): Promise<Jailed> {
  const command = commandFor(spec, tools, cgroup);
  const child = spawnJail(tools.helper, command);
  const exited = exitOf(child, tools.bubblewrap !== undefined);
  exited.then(() => cgroup?.remove());
  const channel = child.stdio[3] as Duplex;
  const stderr = lastWords(child.stderr as Readable);
  let isLate = false;
  const late = setTimeout(() => {
    isLate = true;
    child.kill('SIGKILL');
  }, within);
  try {
    const [pid, report] = await Promise.all([innerPid(child, tools), readReport(channel)]);
    if (report === undefined || pid === undefined) {
      child.kill('SIGKILL');
      await exited;
      throw unjailed(isLate ? `it did not report within ${within} ms` : stderr() || 'it gave no reason');
    }
    const variables = Object.keys(spec.env ?? {}).length;
    const inside = seenInside(report, { limits: command.limits, variables });
    const applied = [...ownNamespaces(pid), ...inside, ...(cgroup?.holds(pid) ? (['cgroup'] as const) : [])];
    refuseLess(applied);
    channel.write(GO);
    hold(child, false);
    // A child that has closed its channel is about to end, or its last words are still to come, and a caller may wait for
    // that. A child that has ended altogether holds nothing.
    channel.once('close', () => hold(child, true));
    return Object.freeze({ channel, pid, applied, exited, stderr, kill: killer(child, pid) });
  } catch (error) {
    child.kill('SIGKILL');
    channel.destroy();
    throw error;
  } finally {
    clearTimeout(late);
  }
}

/** Only the channel keeps the host's event loop going, unless a caller waits for the child's end. */
function hold(child: ChildProcess, on: boolean): void {
  const stderr = child.stderr as Socket;
  if (on) {
    child.ref();
    stderr.ref();
  } else {
    child.unref();
    stderr.unref();
  }
}

function unjailed(why: string, cause?: unknown): ColonyError {
  return new ColonyError('ERR_BACKEND_UNAVAILABLE', `no child process can be jailed: ${why}`, { cause });
}

let promised: readonly Mechanism[] = [];

/** From now on, no program starts in a jail that lacks one of these mechanisms: the backend's capabilities list them. */
export function promise(mechanisms: readonly Mechanism[]): void {
  promised = mechanisms;
}

function refuseLess(applied: readonly Mechanism[]): void {
  const missing = promised.filter((mechanism) => !applied.includes(mechanism));
  if (missing.length > 0)
    throw unjailed(`${missing.join(', ')} held when this backend was opened, and does not hold any more`);
}

function spawnJail(helper: string, { args, copied }: Command): ChildProcess {
  try {
    const child = spawn(helper, args, {
      cwd: '/',
      env: {},
      stdio: ['ignore', 'ignore', 'pipe', 'pipe', 'pipe', ...copied],
    });
    endWithThread(child);
    return child;
  } finally {
    for (const descriptor of copied) closeSync(descriptor);
  }
}

/** bubblewrap stays in the host's namespaces, waits for the program, and reports its number. */
async function innerPid(child: ChildProcess, { bubblewrap }: Tools): Promise<number | undefined> {
  const info = child.stdio[INFO_DESCRIPTOR] as Readable;
  if (bubblewrap === undefined) {
    info.destroy();
    return child.pid;
  }
  let text = '';
  info.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
  });
  info.on('error', () => {});
  await once(info, 'close');
  const pid = /"child-pid":\s*(\d+)/.exec(text)?.[1];
  return pid === undefined ? undefined : Number(pid);
}

function exitOf(child: ChildProcess, bubblewrap: boolean): Promise<JailExit> {
  return new Promise((resolve) => {
    child.once('error', () => resolve({ code: null, signal: null }));
    // `close` and not `exit`: only then are the last words complete.
    child.once('close', (code: number | null, signal: NodeJS.Signals | null) => {
      const forwarded = bubblewrap && code !== null && code > SIGNAL_EXIT ? signalName(code - SIGNAL_EXIT) : undefined;
      resolve(forwarded === undefined ? { code, signal } : { code: null, signal: forwarded });
    });
  });
}

function signalName(number: number): NodeJS.Signals | undefined {
  return Object.entries(constants.signals).find(([, value]) => value === number)?.[0] as NodeJS.Signals | undefined;
}

/**
 * Kills the program first, so that bubblewrap reaps it: process 1 inherits orphans, and in a container it may not reap them.
 */
function killer(child: ChildProcess, pid: number): () => void {
  let killed = false;
  return () => {
    if (killed || child.exitCode !== null || child.signalCode !== null) return;
    killed = true;
    hold(child, true);
    if (pid === child.pid || !isChildOf(pid, child.pid)) {
      child.kill('SIGKILL');
      return;
    }
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // It has just ended, and bubblewrap is about to.
    }
    const lingering = setTimeout(() => child.kill('SIGKILL'), MOST_LINGERING).unref();
    child.once('exit', () => clearTimeout(lingering));
  };
}

/** Returns whether this is still the same process: its number is not reused while its parent has not been waited for. */
function isChildOf(pid: number, parent: number | undefined): boolean {
  try {
    const facts = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name in parentheses may contain anything.
    return Number(facts.slice(facts.lastIndexOf(')') + 2).split(' ')[1]) === parent;
  } catch {
    return false;
  }
}
