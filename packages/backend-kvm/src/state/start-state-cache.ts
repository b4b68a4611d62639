/** Makes the native snapshots that a program's contexts start from, each once for all contexts that may share it. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type BackendSnapshot,
  ColonyError,
  type HypercallHandler,
  type InstanceOptions,
  type ResolvedProgram,
  type RunLimits,
  readLoadResult,
} from '@colony/core';
import { joinShared, type SharedWork, StartCache } from '@colony/core/backend-kit';
import { buildC, buildWasmImage, linuxImagePath, readImage } from '@colony/guest';
import { RUN_BOOT, RUN_FREEZE } from '@colony/guest/abi';
import { LRUCache } from 'lru-cache';
import { fromNative, type NativeHypervisor, type NativeSnapshot, packageRoot } from '../native.js';
import { type AsyncOutcome, runAsync } from '../run/run.js';
import { SharedSnapshot } from './shared-snapshot.js';
import { asKvmSnapshot, type Start } from './snapshot.js';

/** The JavaScript engine's image, made by `npm run build`. */
export const engineImagePath = join(packageRoot, 'dist', 'guest', 'engine.elf');

/** Limits for booting the engine or the library OS; other images boot under the limits of their context. */
const ENGINE_LIMITS: RunLimits = {
  memory: 256 * 2 ** 20,
  wallTime: 10_000,
  cpuTime: Number.POSITIVE_INFINITY,
  output: 2 ** 20,
};
/** Limits for starting a Node that serves calls. */
const V8_LIMITS: RunLimits = { ...ENGINE_LIMITS, memory: 2 ** 31, wallTime: 30_000 };
/** Bytes of start states that are kept for later contexts; those in use live as long as their contexts. */
const MOST_CACHED_BYTES = 64 * 2 ** 20;
const MOST_CACHED_IMAGES = 256;

/** An image to boot. A program's own image lists its exports; Colony's engines list them when they load a program. */
interface BootImage {
  readonly elf: Uint8Array;
  exports(): string[] | undefined;
}

const ofProgram = (elf: Uint8Array): BootImage => ({ elf, exports: () => exportsOf(elf) });
const ofColony = (elf: Uint8Array): BootImage => ({ elf, exports: () => undefined });

type BootOptions = Pick<InstanceOptions, 'limits' | 'signal'>;
type NativeProgram = ResolvedProgram & { kind: 'native' };

interface NativeImage {
  readonly elf: Uint8Array;
  /** The key under which its booted state is shared. */
  readonly key: string;
}

export class StartStateCache {
  readonly #hypervisor: NativeHypervisor;
  readonly #booted = new LRUCache<string, SharedWork<Start>>({ max: MOST_CACHED_IMAGES });
  readonly #images = new WeakMap<NativeProgram, SharedWork<NativeImage>>();
  readonly #evaluated = new LRUCache<string, Start>({
    maxSize: MOST_CACHED_BYTES,
    sizeCalculation: ({ snapshot }) => this.#hypervisor.facts(snapshot.native).ownBytes,
  });
  readonly #starts: StartCache<Start>;

  constructor(hypervisor: NativeHypervisor) {
    this.#hypervisor = hypervisor;
    const store = {
      take: (key: string) => this.#evaluated.get(key),
      keep: (key: string, start: Start) => this.#keep(key, start),
    };
    this.#starts = new StartCache(store, {
      evaluate: (options, onHypercall) => this.#evaluate(options, onHypercall),
      restore: (snapshot, exports, { program }) => {
        const start = this.ofSnapshot(snapshot, program);
        start.snapshot.hold();
        return { ...start, exports };
      },
    });
  }

  /** The state from which the program's calls start. */
  async start(options: InstanceOptions): Promise<Start> {
    const { program } = options;
    switch (program.kind) {
      case 'js':
      case 'linux':
      case 'v8':
        return this.#starts.start(options);
      case 'native': {
        const image = await this.#native(program, options.signal);
        const start = await this.#boot(image.key, async () => ofProgram(image.elf), options);
        return program.cFile === undefined ? start : { ...start, built: { virtine: image.elf } };
      }
      case 'wasm':
        return this.#boot(
          program.hash,
          async (signal) => ofProgram(await readFile(await buildWasmImage({ module: program.module, signal }))),
          options,
        );
      case 'component':
        throw new ColonyError('ERR_UNSUPPORTED', 'components run on the wasm backend; a virtine takes modules');
    }
  }

  /**
   * The state of a snapshot. A file does not say how much of a v8 program's memory is the engine's: then all of it is, as far
   * as an engine may have.
   */
  ofSnapshot(snapshot: BackendSnapshot, program: ResolvedProgram): Start {
    const { start } = asKvmSnapshot(snapshot);
    if (program.kind !== 'v8' || start.shared !== undefined) return start;
    return { ...start, shared: Math.min(this.#hypervisor.facts(start.snapshot.native).size, V8_LIMITS.memory) };
  }

  /**
   * The image of a native program. A C file is built once per program object: its headers count too, and only the
   * builder knows them.
   */
  #native(program: NativeProgram, signal: AbortSignal | undefined): Promise<NativeImage> {
    return joinShared(this.#images, program, (abandoned) => nativeImage(program, abandoned), signal);
  }

  /** Boots an image up to its first NEXT, once for all who ask for it meanwhile. */
  #boot(
    key: string,
    image: (signal: AbortSignal) => Promise<BootImage>,
    { limits, signal }: BootOptions,
  ): Promise<Start> {
    const boot = async (abandoned: AbortSignal) => this.#bootImage(await image(abandoned), limits, abandoned);
    return joinShared(this.#booted, key, boot, signal);
  }

  async #bootImage({ elf, exports }: BootImage, limits: RunLimits, abandoned: AbortSignal): Promise<Start> {
    const early = new AbortController();
    const onHypercall = () => {
      early.abort();
      return [];
    };
    const request = { input: [], limits, onHypercall, signal: AbortSignal.any([early.signal, abandoned]) };
    try {
      const outcome = await runAsync(this.#hypervisor, this.#image(elf), request, RUN_BOOT | RUN_FREEZE, () => {});
      return { snapshot: this.#frozen(outcome.frozen).hold(), exports: exports() };
    } catch (error) {
      if (!early.signal.aborted) throw error;
      throw new ColonyError('ERR_GUEST_PROTOCOL', 'the image made a hypercall before its first NEXT', { cause: error });
    }
  }

  /** @throws ColonyError ERR_COMPILE for an invalid image */
  #image(elf: Uint8Array): NativeSnapshot {
    try {
      return this.#hypervisor.image(elf);
    } catch (error) {
      throw fromNative(error);
    }
  }

  async #evaluate(options: InstanceOptions, onHypercall: HypercallHandler): Promise<Start> {
    const engine = await this.#engine(options, onHypercall);
    const outcome = await this.#load(engine, options.loadFrame, options, onHypercall);
    const { shared } = engine;
    return { snapshot: this.#frozen(outcome.frozen), exports: readLoadResult(outcome.output), shared };
  }

  /** The state that evaluates the program. */
  async #engine(options: InstanceOptions, onHypercall: HypercallHandler): Promise<Start> {
    const { program, signal } = options;
    const image = program.kind === 'js' ? engineImagePath : linuxImagePath;
    const boot = { limits: ENGINE_LIMITS, signal };
    const booted = await this.#boot(image, async () => ofColony(await readBuilt(image)), boot);
    if (program.kind !== 'v8') return booted;
    const start = async (abandoned: AbortSignal) => {
      const bounds = { limits: V8_LIMITS, signal: abandoned };
      const outcome = await this.#load(booted, options.engineFrame ?? [], bounds, onHypercall);
      readLoadResult(outcome.output);
      const snapshot = this.#frozen(outcome.frozen).hold();
      return { snapshot, shared: this.#hypervisor.facts(snapshot.native).size };
    };
    return joinShared(this.#booted, program.engine.hash, start, signal);
  }

  #load(
    { snapshot, shared = 0 }: Start,
    input: readonly Uint8Array[],
    { limits, signal }: BootOptions,
    onHypercall: HypercallHandler,
  ): Promise<AsyncOutcome> {
    const request = { input, limits, onHypercall, signal };
    return runAsync(this.#hypervisor, snapshot.native, request, RUN_FREEZE, () => {}, shared);
  }

  /**
   * Holds it for good: the collector frees it once the cache has dropped it, because a context that is being made may have
   * found it and not hold it yet.
   */
  #keep(key: string, start: Start): void {
    start.snapshot.hold();
    this.#evaluated.set(key, start);
  }

  #frozen(snapshot: NativeSnapshot | undefined): SharedSnapshot {
    if (snapshot === undefined) throw new ColonyError('ERR_INTERNAL', 'a run that was to be frozen gave no snapshot');
    return new SharedSnapshot(this.#hypervisor, snapshot);
  }
}

function exportsOf(elf: Uint8Array): string[] {
  try {
    return readImage(elf).exports.map(({ name }) => name);
  } catch (error) {
    throw new ColonyError('ERR_COMPILE', (error as Error).message, { cause: error });
  }
}

let engine: Promise<string> | undefined;

/** Hashes the image, which contains the engine, its glue, the guest runtime, and the numbers of the ABI. */
export function engineId(): Promise<string> {
  engine ??= readBuilt(engineImagePath).then((image) => createHash('sha256').update(image).digest('hex'));
  engine.catch(() => {
    engine = undefined;
  });
  return engine;
}

/** Reads an image that evaluates programs: the JavaScript engine's or the library OS's. */
async function readBuilt(path: string): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch (cause) {
    const what = path === engineImagePath ? "the JavaScript engine's image" : "the image of Linux programs' library OS";
    throw new ColonyError('ERR_BACKEND_UNAVAILABLE', `${what} is missing (${path}): run npm run build`, { cause });
  }
}

async function nativeImage(program: NativeProgram, signal: AbortSignal): Promise<NativeImage> {
  const made = program.image ?? program.images?.virtine;
  if (made !== undefined) return { elf: made, key: program.hash };
  if (program.cFile === undefined)
    throw new ColonyError('ERR_BAD_OPTION', 'a native program needs an image for kvm or a C file');
  const flags = program.cFlags && { flags: program.cFlags };
  const { image, hash } = await buildC({ file: program.cFile, ...flags, signal });
  return { elf: image, key: hash };
}
