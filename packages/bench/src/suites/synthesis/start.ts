/**
 * The first context of a program in a process: evaluated, or restored from the snapshot that a build shipped. Each
 * sample has its own backend, which has not seen the program. Opening the backend is not timed.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Compiler } from '@colony/compiler';
import {
  type Backend,
  type BackendModule,
  type ContextOptions,
  createContext,
  js,
  loadBackend,
  type Program,
  type ShippedSnapshot,
} from '@colony/core';
import type { Group, Sampler, Spec } from '../../types.js';
import { cProgram } from '../contexts.js';
import { spec } from '../spec.js';

/** The initialisation work of each program. */
const SOURCES = {
  nothing: '',
  table: "const table = new Map<string, number>();\nfor (let i = 0; i < 100000; i++) table.set('k' + i, i);\n",
} as const;
const NAMES = ['nothing', 'table'] as const;
type Name = (typeof NAMES)[number];

const SPECS: readonly Spec[] = NAMES.flatMap((name) => {
  const virtine = `a virtine ${name === 'nothing' ? 'whose initialisation does nothing' : 'that fills a table of 100,000 entries'}`;
  const [first, booted] = [`kvm.js.start.${name}.first`, `kvm.js.start.${name}.booted`];
  return [
    spec(first, `createContext of ${virtine}: engine booted, program evaluated`),
    spec(booted, `createContext of ${virtine}: engine already booted, program evaluated`, [first]),
    spec(`kvm.js.start.${name}.file`, `createContext of ${virtine}: restored from a snapshot of the build`, [
      first,
      booted,
    ]),
    spec(`kvm.js.start.${name}.process`, `createContext of ${virtine}: start state shared with another context`, [
      first,
    ]),
  ];
});

interface Built {
  readonly program: Program;
  readonly shipped: readonly ShippedSnapshot[];
}

async function build(folder: string, name: Name): Promise<Built> {
  const use = name === 'table' ? "table.get('k7')" : '1';
  const text = `${SOURCES[name]}export async function run() {\n  'use virtine';\n  return ${use};\n}\n`;
  writeFileSync(join(folder, `${name}.ts`), text);
  const compiler = new Compiler({ root: folder, lock: false, snapshot: 'kvm' });
  try {
    const { descriptors, snapshots } = (await compiler.compileFile(`${name}.ts`))!;
    for (const { file, bytes } of snapshots) writeFileSync(join(folder, file), bytes);
    const { source, filename, shipped = [] } = descriptors[0]!;
    if (shipped.length === 0) throw new Error(`${name} was not frozen`);
    return {
      program: js(source, { filename }),
      shipped: shipped.map((snapshot) => ({ ...snapshot, file: join(folder, snapshot.file) })),
    };
  } finally {
    await compiler.dispose();
  }
}

type Way = 'first' | 'booted' | 'file' | 'process';
const KINDS = { first: 'program', booted: 'program', file: 'file', process: 'process' } as const;

const OTHER = js('export const other = () => 1;');
const IMAGE = cProgram('null.c');

async function sample({ program, shipped }: Built, way: Way): Promise<number> {
  const kvm = await loadBackend('kvm');
  let opened: Backend | undefined;
  const backend: BackendModule = { ...kvm, open: async (options) => (opened = await kvm.open(options)) };
  const make = async (options: ContextOptions) => await createContext({ backend, ...options });
  try {
    // Another program opens the backend first. It is not JavaScript if the engine must not be booted yet.
    await (await make({ program: way === 'first' || way === 'file' ? IMAGE : OTHER })).dispose();
    if (way === 'process') await make({ program });
    const began = process.hrtime.bigint();
    const context = await make({ program, shipped: way === 'file' ? shipped : [] });
    const took = Number(process.hrtime.bigint() - began);
    if (context.startedFrom.kind !== KINDS[way]) throw new Error(`it started from ${context.startedFrom.kind}`);
    return took;
  } finally {
    await opened?.dispose();
  }
}

const sampler =
  (built: Built, way: Way): Sampler =>
  async (count) => {
    const times: number[] = [];
    while (times.length < count) times.push(await sample(built, way));
    return times;
  };

export const start: Group = {
  name: 'the first context of a program in a process',
  specs: SPECS,
  async open() {
    const folder = mkdtempSync(join(tmpdir(), 'colony-bench-start-'));
    const samplers: Record<string, Sampler> = {};
    for (const name of NAMES) {
      const built = await build(folder, name);
      for (const way of ['first', 'booted', 'file', 'process'] as const) {
        samplers[`kvm.js.start.${name}.${way}`] = sampler(built, way);
      }
    }
    return { samplers, close: async () => rmSync(folder, { recursive: true, force: true }) };
  },
};
