/** Makes the states that a program's contexts start from, each once for all contexts that may share it. */
import {
  type BackendSnapshot,
  ColonyError,
  type HypercallHandler,
  type InstanceOptions,
  type NativeImages,
  type ResolvedProgram,
  type RunLimits,
  readLoadResult,
} from '@colony/core';
import { joinShared, type SharedWork, StartCache } from '@colony/core/backend-kit';
import { concat } from '@colony/core/codec';
import { encodeLoad } from '@colony/core/frames';
import { buildC } from '@colony/guest';
import { LRUCache } from 'lru-cache';
import { exportedNames } from '../components/component-guest.js';
import { prepareComponent } from '../components/prepare.js';
import { loadEngine } from '../engine/load.js';
import { checkCModule } from '../modules/c-module.js';
import { checkModule, moduleExports } from '../modules/core-module.js';
import type { Runner, RunOptions } from '../run/runner.js';
import type { PreparedProgram } from '../thread/program.js';
import type { Start } from '../thread/thread.js';

/**
 * Limits for starting the engine, which is trusted and ends. Other programs start under the limits of their context. The
 * wall time only ends a start that hangs: a busy machine, or a loader that reads packages from archives, may take many
 * seconds.
 */
const ENGINE_LIMITS: RunLimits = {
  memory: 256 * 2 ** 20,
  wallTime: 120_000,
  cpuTime: Number.POSITIVE_INFINITY,
  output: 2 ** 20,
};
/** Bytes of start states that are kept for later contexts; states in use live as long as their contexts. */
const MOST_CACHED_BYTES = 64 * 2 ** 20;
const MOST_PROGRAMS = 256;

/** Why Linux programs do not run here, for messages. */
/** Why the backend does not run these kinds of program. */
export const EXCLUDES = Object.freeze({
  linux: 'WebAssembly has no Linux system calls, and cannot run machine code; use kvm',
  v8: 'V8 makes machine code, which WebAssembly cannot run; use kvm, or leave `engine` out',
});

type NativeProgram = ResolvedProgram & { kind: 'native' };

/** The start state of a program's calls, and its exports. */
export interface Ready {
  readonly start: Start;
  readonly exports: readonly string[];
  /** The images that its C file was built to. */
  readonly built?: NativeImages;
}

interface NativeModule {
  readonly module: Uint8Array;
  readonly key: string;
}

type FromFile = (snapshot: BackendSnapshot, options: InstanceOptions) => Promise<Ready>;

export class StartStateCache {
  readonly #runner: Runner;
  readonly #prebuilt: string | undefined;
  readonly #prepared = new LRUCache<string, SharedWork<PreparedProgram>>({ max: MOST_PROGRAMS });
  readonly #started = new LRUCache<string, SharedWork<Ready>>({ max: MOST_PROGRAMS });
  readonly #natives = new WeakMap<NativeProgram, SharedWork<NativeModule>>();
  readonly #evaluated = new LRUCache<string, Ready>({
    maxSize: MOST_CACHED_BYTES,
    sizeCalculation: ({ start }) => start.state!.memory.length,
  });
  readonly #starts: StartCache<Ready>;

  /** `fromFile` starts from a state in a file; `prebuilt` is a folder of components that are transpiled already. */
  constructor(runner: Runner, fromFile: FromFile, prebuilt?: string) {
    this.#runner = runner;
    this.#prebuilt = prebuilt;
    const store = {
      take: (key: string) => this.#evaluated.get(key),
      keep: (key: string, ready: Ready) => void this.#evaluated.set(key, ready),
    };
    this.#starts = new StartCache(store, {
      evaluate: (options, onHypercall) => this.#evaluate(options, onHypercall),
      restore: (snapshot, _exports, options) => fromFile(snapshot, options),
    });
  }

  /** The state from which the program's calls start. */
  async ready(options: InstanceOptions): Promise<Ready> {
    const { program, signal: own } = options;
    if (program.kind === 'js') return await this.#starts.start(options);
    const make = async (signal: AbortSignal): Promise<Ready> => {
      const prepared = await this.prepare(program, signal);
      const run: RunOptions = { limits: options.limits, onHypercall: () => [], signal };
      return prepared.kind === 'component' ? this.#component(prepared, run) : this.#boot(prepared, run);
    };
    const ready = await joinShared(this.#started, await this.#key(program, own), make, own);
    if (program.kind !== 'native' || program.cFile === undefined) return ready;
    return { ...ready, built: { wasm32: (await this.#native(program, own)).module } };
  }

  /** The program, ready for any thread, without a state. */
  async prepare(program: ResolvedProgram, signal?: AbortSignal): Promise<PreparedProgram> {
    if (program.kind === 'js') return await this.#engine(signal);
    const key = await this.#key(program, signal);
    return await joinShared(this.#prepared, key, (abandoned) => this.#prepare(program, abandoned), signal);
  }

  #engine(signal: AbortSignal | undefined): Promise<PreparedProgram> {
    return joinShared(this.#prepared, 'engine', loadEngine, signal);
  }

  async #prepare(program: Exclude<ResolvedProgram, { kind: 'js' }>, signal: AbortSignal): Promise<PreparedProgram> {
    switch (program.kind) {
      case 'wasm': {
        const module = await this.#runner.prepare(program.module);
        checkModule(module.facts);
        return { kind: 'wasm', module };
      }
      case 'native': {
        const module = await this.#runner.prepare((await this.#native(program, signal)).module);
        checkCModule(module.facts);
        return { kind: 'native', module };
      }
      case 'component':
        return await prepareComponent(program, (module) => this.#runner.prepare(module), {
          prebuilt: this.#prebuilt,
          signal,
        });
      case 'linux':
      case 'v8':
        throw new ColonyError('ERR_UNSUPPORTED', EXCLUDES[program.kind]);
    }
  }

  /** The program's key in the caches. It covers a C file's headers too, so it is not the program's own hash. */
  async #key(program: Exclude<ResolvedProgram, { kind: 'js' }>, signal: AbortSignal | undefined): Promise<string> {
    return program.kind === 'native' ? (await this.#native(program, signal)).key : `${program.kind} ${program.hash}`;
  }

  #native(program: NativeProgram, signal: AbortSignal | undefined): Promise<NativeModule> {
    return joinShared(this.#natives, program, (abandoned) => buildNative(program, abandoned), signal);
  }

  /** Runs start functions and constructors, once. */
  async #boot(program: PreparedProgram, run: RunOptions): Promise<Ready> {
    const start = await this.#frozen(this.#runner.start(program), run);
    if (program.kind === 'wasm') return { start, exports: moduleExports(program.module.facts) };
    const input = concat(encodeLoad('', '', {}));
    const { output } = await this.#runner.run({ from: start, input, limits: run.limits }, run);
    return { start, exports: readLoadResult(output!) };
  }

  async #frozen(from: Start, run: RunOptions): Promise<Start> {
    const { state } = await this.#runner.run({ from, limits: run.limits, freeze: true }, run);
    return this.#runner.start(from.program, state);
  }

  /** Each call instantiates a component again. This does it once, so that a missing import is an error now. */
  async #component(program: PreparedProgram & { kind: 'component' }, run: RunOptions): Promise<Ready> {
    const start = this.#runner.start(program);
    await this.#runner.run({ from: start, limits: run.limits }, run);
    return { start, exports: exportedNames(program) };
  }

  async #startEngine(signal: AbortSignal): Promise<Ready> {
    const program = await this.#engine(signal);
    const run: RunOptions = { limits: ENGINE_LIMITS, onHypercall: () => [], signal };
    return { start: await this.#frozen(this.#runner.start(program), run), exports: [] };
  }

  async #evaluate(options: InstanceOptions, onHypercall: HypercallHandler): Promise<Ready> {
    const { limits, signal } = options;
    const engine = await joinShared(this.#started, 'engine', (abandoned) => this.#startEngine(abandoned), signal);
    const spec = { from: engine.start, input: concat(options.loadFrame), limits, freeze: true };
    const { output, state } = await this.#runner.run(spec, { limits, onHypercall, signal });
    return { start: this.#runner.start(engine.start.program, state), exports: readLoadResult(output!) };
  }
}

async function buildNative(
  { image, images, cFile, cFlags, filename, hash }: NativeProgram,
  signal: AbortSignal,
): Promise<NativeModule> {
  if (images?.wasm32 !== undefined) return { module: images.wasm32, key: `native ${hash}` };
  if (image !== undefined) {
    const message = `${filename}: an image is machine code, which the wasm backend cannot run; give its source with native.c`;
    throw new ColonyError('ERR_UNSUPPORTED', message);
  }
  if (cFile === undefined)
    throw new ColonyError('ERR_BAD_OPTION', 'a native program needs a wasm32 module or a C file');
  const built = await buildC({ file: cFile, target: 'wasm32', ...(cFlags && { flags: cFlags }), signal });
  return { module: built.image, key: `native ${built.hash}` };
}
