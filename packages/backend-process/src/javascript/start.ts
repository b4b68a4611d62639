/** Starts a Node child in a jail, with its files, flags and limits. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { guestRuntimePath } from '@colony/core/guest-runtime';
import { jailedBody } from '../children/body.js';
import { NodeChild } from '../children/node-child.js';
import { launch, nodeFiles } from '../jail/index.js';

const MIB = 2 ** 20;

/** Milliseconds in which a child must serve, on a busy machine. */
const BOOT_TIME = 20_000;

/** V8's own heap before the guest allocates anything, and room for the compiler: not counted as the guest's. */
const ENGINE_HEAP = 10 * MIB;

/** Headroom for garbage that is not collected yet: the limit on the process counts it. */
const SLACK = 4 * MIB;

const INSIDE = { main: '/main.cjs', runtime: '/runtime.js' } as const;

const mainPath = fileURLToPath(new URL('../inside/main.cjs', import.meta.url));

export interface NodeOptions {
  /** Machine code made by V8 at run time. */
  readonly jit: boolean;
}

function semiSpace(memory: number): number {
  return Math.min(8, Math.max(1, Math.floor(memory / MIB / 16)));
}

function flags(memory: number, { jit }: NodeOptions): string[] {
  const heap = [
    `--max-old-space-size=${Math.ceil((memory + ENGINE_HEAP) / MIB)}`,
    `--max-semi-space-size=${semiSpace(memory)}`,
  ];
  return [
    '--no-warnings',
    '--experimental-vm-modules',
    // The outer realm compiles no text, even if the guest should reach a part of it.
    '--disallow-code-generation-from-strings',
    // Only to find the position of a syntax error.
    '--expose-internals',
    '--unhandled-rejections=none',
    // One thread compiles, collects and runs: fewer system calls are needed, and CPU time is the guest's.
    '--single-threaded',
    '--v8-pool-size=0',
    ...(memory === Number.POSITIVE_INFINITY ? [] : heap),
    ...(jit ? [] : ['--jitless']),
  ];
}

interface Started {
  readonly child: NodeChild;
  readonly pid: number;
}

async function startUnmeasured(
  memory: number,
  options: NodeOptions,
  data: number | undefined,
  signal?: AbortSignal,
): Promise<Started> {
  const { program, files, env } = await nodeFiles();
  const jailed = await launch({
    program,
    args: [...flags(memory, options), INSIDE.main, INSIDE.runtime],
    files: { ...files, [INSIDE.main]: mainPath, [INSIDE.runtime]: guestRuntimePath },
    filter: 'node',
    env,
    limits: data === undefined ? {} : { memory: data },
  });
  const child = new NodeChild(jailedBody(jailed), memory);
  await child.ready(BOOT_TIME, signal);
  return { child, pid: jailed.pid };
}

let baseline: Promise<number> | undefined;

/** Measures the private memory that Node itself takes here, in a child that serves nothing. */
async function measure(): Promise<number> {
  const { child, pid } = await startUnmeasured(32 * MIB, { jit: true }, undefined);
  try {
    const [, kib] = /^VmData:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1')) ?? [];
    return Number(kib) * 1024;
  } finally {
    child.kill();
  }
}

/** Starts a child and waits until it serves. @throws ColonyError ERR_BACKEND_UNAVAILABLE */
export async function startChild(memory: number, options: NodeOptions, signal?: AbortSignal): Promise<NodeChild> {
  if (memory === Number.POSITIVE_INFINITY) return (await startUnmeasured(memory, options, undefined, signal)).child;
  baseline ??= measure();
  baseline.catch(() => {
    baseline = undefined;
  });
  const own = await baseline;
  const data = own + memory + 3 * semiSpace(memory) * MIB + SLACK;
  return (await startUnmeasured(memory, options, data, signal)).child;
}
