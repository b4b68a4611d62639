/** One update against a frozen lock. It is refused, or built and run; then the powers of its virtines are tried. */
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { type AnyFunction, configure, disposeVirtines } from '@colony/compiler/runtime';
import { ColonyError, compilePolicy } from '@colony/core';
import { Compiler, type LockEntry, type ModuleOutput } from '../../src/index.js';
import { allows, type Capability } from './capabilities.js';
import type { Attack, Files } from './sources.js';

const COLONY = fileURLToPath(new URL('../../../../node_modules/@colony', import.meta.url));
/** Options of `configure`, also if an update calls it. */
const HOST = { backend: 'wasm', hypercalls: { keep: () => 1, steal: () => 1 }, console: () => {} } as const;
/** More calls than a limit of five, and fewer than the default. */
const OFTEN = 7;

type Locked = Readonly<Record<string, LockEntry>>;

/** `refused before`: the first build was refused, because its honest code leaves a door open. */
export type Ending = 'refused before' | 'refused' | 'did not load' | 'refused when it ran' | 'ran';

export interface Outcome {
  readonly ending: Ending;
  /** The lock or the rule that refused it. */
  readonly by?: string;
  /** Powers of a virtine that the lock does not grant; the list must be empty. */
  readonly widened: readonly string[];
  /** Number of grants that virtines used, among those that were tried. */
  readonly reached: number;
}

export class Arena {
  readonly #root = realpathSync(mkdtempSync(join(tmpdir(), 'colony-attacks-')));
  #count = 0;

  constructor(private readonly capabilities: readonly Capability[]) {
    Object.assign(globalThis, { colonyAttack: HOST });
  }

  /** @param frozen false: the lock is not checked */
  async attack({ before, after, virtines }: Attack, frozen = true): Promise<Outcome> {
    const folder = join(this.#root, `${this.#count++}`);
    try {
      write(folder, { 'package.json': '{ "type": "module" }', ...before });
      const first = await build(folder, virtines, false);
      if (typeof first === 'string') return { ending: 'refused before', by: first, widened: [], reached: 0 };
      const lock: Locked = JSON.parse(readFileSync(join(folder, 'colony.lock.json'), 'utf8')).virtines;
      rmSync(join(folder, 'node_modules'), { recursive: true });
      write(folder, after);
      const made = await build(folder, virtines, frozen);
      if (typeof made === 'string') return { ending: 'refused', by: made, widened: [], reached: 0 };
      return await this.#run(folder, after, made, lock);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }

  close(): void {
    rmSync(this.#root, { recursive: true, force: true });
  }

  async #run(folder: string, files: Files, made: Built, lock: Locked): Promise<Outcome> {
    const out = join(folder, 'out');
    write(out, { 'package.json': '{ "type": "module" }', ...files, ...codeOf(made) });
    symlinkSync(COLONY, join(out, 'node_modules/@colony'));
    const restore = guardHost();
    try {
      configure(HOST);
      const records = recordsOf(made, lock);
      let reached = 0;
      let refused = 0;
      const widened: string[] = [];
      for (const [file, output] of made) {
        const loaded: Record<string, unknown> = await import(/* @vite-ignore */ pathToFileURL(join(out, file)).href);
        for (const report of output.virtines) {
          const record = records.get(`${file}#${report.name}`);
          const seen = await this.#tryAll(loaded[report.name] as AnyFunction);
          if (seen === undefined) refused++;
          reached += seen?.length ?? 0;
          widened.push(
            ...this.#beyond(
              record,
              seen ?? [],
              report.accepted.map(({ subject }) => subject),
            ),
          );
        }
      }
      return { ending: refused > 0 ? 'refused when it ran' : 'ran', widened, reached };
    } catch (error) {
      if (!(error instanceof Error) || ColonyError.is(error)) throw error;
      return { ending: 'did not load', widened: [], reached: 0 };
    } finally {
      restore();
      await disposeVirtines();
    }
  }

  /**
   * Returns the capabilities that calls can reach. Each is tried separately, because a limit ends a call. Undefined if
   * the virtine is refused when it runs.
   */
  async #tryAll(virtine: AnyFunction): Promise<readonly string[] | undefined> {
    const seen: string[] = [];
    for (const { name, attempt, capability } of this.capabilities) {
      const once = await tryOne(virtine, name, attempt, 1);
      if (once === undefined) return undefined;
      seen.push(...once);
      // These capabilities ask the host each time.
      if (once.length === 0 || !['clock', 'hypercall'].includes(capability.kind)) continue;
      const often = await tryOne(virtine, `${name} often`, attempt, OFTEN);
      seen.push(...(often ?? []));
    }
    return seen;
  }

  #beyond(record: LockEntry | undefined, seen: readonly string[], accepted: readonly string[]): string[] {
    const { policy = {}, accepted: had = [] } = record ?? {};
    const mayOften = compilePolicy(policy).limits.hypercalls >= OFTEN;
    const more = this.capabilities.filter(
      (capability) => seen.includes(capability.name) && !allows(policy, capability),
    );
    return [
      ...more.map(({ name }) => name),
      ...seen.filter((name) => name.endsWith(' often') && !mayOften),
      ...accepted.filter((name) => !had.includes(name)).map((name) => `accept ${name}`),
    ];
  }
}

async function tryOne(
  virtine: AnyFunction,
  name: string,
  [path, args]: Capability['attempt'],
  times: number,
): Promise<readonly string[] | undefined> {
  try {
    return await virtine('try', [[name, path, args, times]]);
  } catch (error) {
    if (!ColonyError.is(error)) throw error;
    // An error from a changed build or configuration has a path; a limit has none.
    return error.details.path === undefined ? [] : undefined;
  }
}

type Built = readonly (readonly [file: string, output: ModuleOutput])[];

const reasonOf = (message: string): string =>
  /\(REF-\d+\)/.exec(message)?.[0] ?? (message.includes('lock') ? 'the lock' : message);

/** Builds the files, or returns the reason of a refusal. */
async function build(root: string, files: readonly string[], frozen: boolean): Promise<Built | string> {
  const compiler = new Compiler({ root, lock: true, frozen });
  try {
    const made: [string, ModuleOutput][] = [];
    for (const file of files) {
      const output = existsSync(join(root, file)) ? await compiler.compileFile(file) : undefined;
      if (output !== undefined) made.push([file, output]);
    }
    await compiler.saveLock();
    return made;
  } catch (error) {
    if (ColonyError.is(error) && error.code === 'ERR_COMPILE') return reasonOf(error.message);
    throw error;
  } finally {
    await compiler.dispose();
  }
}

const codeOf = (made: Built): Files => Object.fromEntries(made.map(([file, { code }]) => [file, code]));

/**
 * Finds the record of each virtine: the one of its own name, or else one whose virtine is gone, and each such record
 * only once. The choice between those does not matter here: the virtine may do what one of them allows.
 */
function recordsOf(made: Built, lock: Locked): ReadonlyMap<string, LockEntry | undefined> {
  const keys = made.flatMap(([file, { virtines }]) =>
    virtines.map((report) => ({ key: `${file}#${report.name}`, report })),
  );
  const gone = new Map(Object.entries(lock).filter(([key]) => !keys.some((attacked) => attacked.key === key)));
  return new Map(
    keys.map(({ key, report }) => {
      if (Object.hasOwn(lock, key)) return [key, lock[key]];
      const from = [...gone].find(([, old]) => old.shape === report.program.shape)?.[0];
      const record = from === undefined ? undefined : gone.get(from);
      if (from !== undefined) gone.delete(from);
      return [key, record];
    }),
  );
}

function write(folder: string, files: Files): void {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
}

/** Restores objects that all code of this process shares, because an update may change them. */
function guardHost(): () => void {
  const { freeze } = Object;
  const { log } = console;
  console.log = () => {};
  return () => {
    Object.freeze = freeze;
    console.log = log;
    delete (Object.prototype as { policy?: unknown }).policy;
  };
}
