/** Runs laws against a backend, without a test runner. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type Backend,
  type BackendModule,
  type Capabilities,
  type Context,
  type ContextOptions,
  capabilitiesFor,
  createContext,
  loadBackend,
  openBackend,
  type Program,
  type ProgramKind,
  registerBackend,
} from '@colony/core';
import fc from 'fast-check';
import { asModule } from './as-module.js';
import { assertHostUnchanged, hostState } from './host.js';
import type { Facts, Law, Natives, Tools } from './law.js';
import { laws } from './laws/index.js';
import { patient, suiteProgramOf } from './programs/index.js';
import { readSettings, type Settings } from './settings.js';

export interface Subject {
  /** A backend that core knows by name, a module, or an open backend. */
  readonly backend: string | BackendModule | Backend;
  readonly natives?: Natives;
}

export interface LawResult {
  readonly law: Law;
  /** `refused`: a capability is missing, and the backend refuses correctly. */
  readonly status: 'passed' | 'failed' | 'refused' | 'skipped';
  readonly error?: unknown;
  /** The reason of a skip. */
  readonly reason?: string;
  readonly milliseconds: number;
}

export interface RunOptions extends Partial<Settings> {
  /** Selects laws; default all. */
  readonly filter?: (law: Law) => boolean;
}

/** An open backend under test. */
export interface OpenSubject {
  readonly name: string;
  readonly module: BackendModule;
  readonly backend: Backend;
  readonly natives: Natives;
}

/** Opens the subject under its name. @throws ColonyError if it does not open */
export async function openSubject({ backend, natives = {} }: Subject): Promise<OpenSubject> {
  const module = typeof backend === 'string' ? await loadBackend(backend) : asModule(backend);
  if (typeof backend !== 'string') registerBackend(module);
  const name = typeof backend === 'string' ? backend : module.name;
  return { name, module, backend: await openBackend(name), natives };
}

function factsFor(
  { backend, natives }: OpenSubject,
  kind: ProgramKind | undefined,
  { engine }: Pick<Settings, 'engine'>,
): Facts {
  const capabilities: Capabilities =
    kind === undefined ? backend.capabilities : capabilitiesFor(backend.capabilities, kind);
  return { capabilities, natives, engine };
}

interface Cell {
  readonly kind: ProgramKind;
  readonly program: Program;
}

function makeTools(
  subject: OpenSubject,
  { kind, program }: Cell,
  facts: Facts,
  settings: Settings,
  cleanUps: (() => unknown)[],
): Tools {
  return {
    ...facts,
    backend: subject.backend,
    kind,
    program,
    after: (clean) => void cleanUps.push(clean),
    async context(options = {}) {
      const what = options.snapshot === undefined ? { program } : {};
      const policy = patient(options.policy ?? {});
      const isJavaScript = (options.program ?? program).kind === 'js' && options.snapshot === undefined;
      const on = isJavaScript && settings.engine !== undefined ? { engine: settings.engine } : {};
      const whole = { backend: subject.name, ...on, ...what, ...options, policy } as ContextOptions;
      const context = await createContext(whole);
      cleanUps.push(() => context.dispose());
      return context as Context;
    },
    async property(arbitrary, predicate, { weight = 1 } = {}) {
      const numRuns = Math.max(2, Math.round(settings.runs * weight));
      // Shrinking runs the guest again and again, so it is bounded: a failure must be reported in reasonable time.
      const parameters = {
        seed: settings.seed,
        numRuns,
        endOnFailure: !settings.shrink,
        // More runs get more time: a rare fault must be found on a slow machine, too.
        interruptAfterTimeLimit: Math.max(20_000, settings.runs * 300),
        markInterruptAsFailure: false,
      };
      await fc.assert(fc.asyncProperty(arbitrary, predicate), parameters);
    },
    async directory() {
      const path = await mkdtemp(join(tmpdir(), 'colony-conformance-'));
      cleanUps.push(() => rm(path, { recursive: true, force: true }));
      return path;
    },
  };
}

const LANGUAGES: Readonly<Record<ProgramKind, string>> = {
  js: 'JavaScript',
  native: 'machine code',
  wasm: 'WebAssembly',
  component: 'WebAssembly components',
  linux: 'Linux executables',
  v8: 'JavaScript in a V8 of its own',
};

/** Runs one law; the host must be unchanged afterwards. @throws the law's failure */
export async function runLaw(law: Law, subject: OpenSubject, settings: Settings): Promise<LawResult> {
  const started = performance.now();
  const done = (status: LawResult['status'], reason?: string): LawResult => ({
    law,
    status,
    ...(reason === undefined ? {} : { reason }),
    milliseconds: performance.now() - started,
  });
  const { program: kind } = law;
  if (kind !== undefined && !subject.backend.capabilities.programs.includes(kind))
    return done('skipped', `the backend runs no ${LANGUAGES[kind]}`);
  const facts = factsFor(subject, kind, settings);
  const met = law.needs?.(facts) ?? true;
  if (!met && law.refusal === undefined)
    return done('skipped', law.needsWhat ?? `the backend '${subject.name}' lacks a capability`);
  const cell: Cell = { kind: kind ?? 'js', program: await suiteProgramOf(kind ?? 'js') };
  const before = hostState(subject.backend);
  const cleanUps: (() => unknown)[] = [];
  const tools = makeTools(subject, cell, facts, settings, cleanUps);
  try {
    await (met ? law.run(tools) : law.refusal!(tools));
  } catch (error) {
    throw withSeed(error, settings.seed);
  } finally {
    for (const clean of cleanUps.reverse()) await clean();
  }
  await assertHostUnchanged(before, subject.backend);
  return done(met ? 'passed' : 'refused');
}

function withSeed(error: unknown, seed: number): unknown {
  if (error instanceof Error) error.message += `\n(seed ${seed}: run again with COLONY_SEED=${seed})`;
  return error;
}

/** Runs the laws in sequence and returns their results. */
export async function runLaws(subject: Subject, options: RunOptions = {}): Promise<LawResult[]> {
  const settings = readSettings(options);
  const open = await openSubject(subject);
  const results: LawResult[] = [];
  for (const law of laws.filter(options.filter ?? (() => true))) {
    const started = performance.now();
    try {
      results.push(await runLaw(law, open, settings));
    } catch (error) {
      results.push({ law, status: 'failed', error, milliseconds: performance.now() - started });
    }
  }
  return results;
}
