/** Makes the native snapshots that a program's contexts start from, each once for all contexts that may share it. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
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
import { runAsync } from '../run/run.js';
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
      restore: (snapshot, exports) => ({ snapshot: asKvmSnapshot(snapshot).start.snapshot.hold(), exports }),
    });
  }

  /** The state from which the program's calls start. */
  async start(options: InstanceOptions): Promise<Start> {
    const { program } = options;
    switch (program.kind) {
      case 'js':
      case 'linux':
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
      const outcome = await runAsync(this.#hypervisor, this.#load(elf), request, RUN_BOOT | RUN_FREEZE, () => {});
      return { snapshot: this.#frozen(outcome.frozen).hold(), exports: exports() };
    } catch (error) {
      if (!early.signal.aborted) throw error;
      throw new ColonyError('ERR_GUEST_PROTOCOL', 'the image made a hypercall before its first NEXT', { cause: error });
    }
  }

  /** @throws ColonyError ERR_COMPILE for an invalid image */
  #load(elf: Uint8Array): NativeSnapshot {
    try {
      return this.#hypervisor.image(elf);
    } catch (error) {
      throw fromNative(error);
    }
  }

  async #evaluate(options: InstanceOptions, onHypercall: HypercallHandler): Promise<Start> {
    const path = options.program.kind === 'linux' ? linuxImagePath : engineImagePath;
    const engine = await this.#boot(path, async () => ofColony(await readBuilt(path)), {
      limits: ENGINE_LIMITS,
      signal: options.signal,
    });
    const request = { input: options.loadFrame, limits: options.limits, onHypercall, signal: options.signal };
    const outcome = await runAsync(this.#hypervisor, engine.snapshot.native, request, RUN_FREEZE, () => {});
    return { snapshot: this.#frozen(outcome.frozen), exports: readLoadResult(outcome.output) };
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
