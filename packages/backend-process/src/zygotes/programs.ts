/** Zygotes, one for each executable, shared by all contexts of the program. */
import type { InstanceOptions, RunLimits } from '@colony/core';
import { joinShared, type SharedWork } from '@colony/core/backend-kit';
import { Cancellation } from '../children/cancellation.js';
import { CrashLoopGuard } from '../children/crash-loop-guard.js';
import { type Executable, executableOf, type NativeProgram, type WasmProgram } from './image.js';
import { Zygote } from './zygote.js';

/** Most zygotes without contexts that are kept for later contexts. */
const MOST_IDLE = 4;
/** Milliseconds for which such a zygote is kept. */
const IDLE_TIME = 10_000;

/** A program has one zygote at a time. */
const ZYGOTE = 'zygote';

export interface ZygoteProgramsOptions {
  /** Children kept ready by each zygote. */
  readonly spares: number;
}

/** A program that contexts use. */
export class ZygoteProgram {
  readonly executable: Executable;
  readonly #spares: number;
  readonly #guard = new CrashLoopGuard("a program's zygotes");
  /** The start of the present zygote, which all contexts wait for together. */
  readonly #starts = new Map<typeof ZYGOTE, SharedWork<Zygote>>();
  /** The zygote that the last start gave: a call takes it without waiting. */
  #ready: Zygote | undefined;
  #limits: RunLimits;
  #users = 0;
  #idle: NodeJS.Timeout | undefined;

  constructor(executable: Executable, limits: RunLimits, spares: number) {
    this.executable = executable;
    this.#limits = limits;
    this.#spares = spares;
  }

  get used(): boolean {
    return this.#users > 0;
  }

  get started(): boolean {
    return this.#starts.has(ZYGOTE);
  }

  use(): void {
    this.#users++;
    clearTimeout(this.#idle);
  }

  /** Returns true for the last user; then the zygote ends after a while. */
  unuse(): boolean {
    if (--this.#users > 0) return false;
    this.#idle = setTimeout(() => void this.end(), IDLE_TIME).unref();
    return true;
  }

  /** Returns the zygote, and starts another one if the last one died. */
  async zygote(signal: AbortSignal, limits?: RunLimits): Promise<Zygote> {
    if (limits !== undefined) this.#limits = limits;
    while (this.#ready?.alive !== true) {
      const started = joinShared(this.#starts, ZYGOTE, (abandoned) => this.#boot(abandoned), signal);
      const start = this.#starts.get(ZYGOTE);
      this.#ready = await started.catch((error) => {
        throw signal.aborted ? signal.reason : error;
      });
      if (!this.#ready.alive && this.#starts.get(ZYGOTE) === start) this.#starts.delete(ZYGOTE);
    }
    return this.#ready;
  }

  async #boot(signal: AbortSignal): Promise<Zygote> {
    this.#guard.check();
    const zygote = await Zygote.start(this.executable, this.#spares).catch((error) => {
      this.#guard.failed((error as Error).message);
      throw error;
    });
    try {
      await zygote.boot(this.#limits, signal);
      this.#guard.succeeded();
      return zygote;
    } catch (error) {
      const { failure } = zygote;
      if (failure !== undefined) this.#guard.failed(zygote.lastWords);
      zygote.kill();
      await zygote.gone;
      throw failure ?? error;
    }
  }

  async end(): Promise<void> {
    clearTimeout(this.#idle);
    const start = this.#starts.get(ZYGOTE);
    this.#starts.clear();
    this.#ready = undefined;
    const started = await start?.join(undefined).catch(() => undefined);
    started?.kill();
    await started?.gone;
  }
}

export class ZygotePrograms {
  readonly #options: ZygoteProgramsOptions;
  /** By the executable's key; the most recently used one is last. */
  readonly #all = new Map<string, ZygoteProgram>();
  /** A C file is built once per program object: its headers count too, and only the builder knows them. */
  readonly #executables = new WeakMap<object, SharedWork<Executable>>();
  #ended = false;

  constructor(options: ZygoteProgramsOptions) {
    this.#options = options;
  }

  /** Zygotes alive. */
  get count(): number {
    let sum = 0;
    for (const program of this.#all.values()) sum += program.started ? 1 : 0;
    return sum;
  }

  /** The program, started, in use by the caller, who gives it back. */
  async start(options: InstanceOptions): Promise<ZygoteProgram> {
    const program = this.#find(await this.#executable(options), options.limits);
    const cancellation = new Cancellation(options.signal);
    program.use();
    try {
      await program.zygote(cancellation.signal, options.limits);
      return program;
    } catch (error) {
      this.giveBack(program);
      throw error;
    } finally {
      cancellation.end();
    }
  }

  #executable({ program, signal }: InstanceOptions): Promise<Executable> {
    const own = program as NativeProgram | WasmProgram;
    return joinShared(this.#executables, own, (abandoned) => executableOf(own, abandoned), signal);
  }

  #find(executable: Executable, limits: RunLimits): ZygoteProgram {
    const known = this.#all.get(executable.key);
    const program = known ?? new ZygoteProgram(executable, limits, this.#options.spares);
    this.#all.delete(executable.key);
    this.#all.set(executable.key, program);
    return program;
  }

  giveBack(program: ZygoteProgram): void {
    if (!program.unuse()) return;
    const idle = [...this.#all].filter(([, { used }]) => !used);
    const most = this.#ended ? 0 : MOST_IDLE;
    for (const [key, unused] of idle.slice(0, Math.max(0, idle.length - most))) {
      this.#all.delete(key);
      void unused.end();
    }
  }

  async end(): Promise<void> {
    this.#ended = true;
    const all = [...this.#all.values()];
    this.#all.clear();
    await Promise.all(all.map((program) => program.end()));
  }
}
