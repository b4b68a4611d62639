/** From a program to the native snapshot that its contexts start from; each is made once and shared. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ColonyError, decodeLoadResult, type InstanceOptions, type ResolvedProgram, type RunLimits } from '@colony/core';
import { buildC } from './images/c.js';
import { buildWasm } from './images/wasm.js';
import { type NativeHypervisor, type NativeSnapshot, packageRoot } from './native.js';
import { runAsync } from './run.js';

/** The JavaScript engine's image, made by `npm run build`. */
export const engineImagePath = join(packageRoot, 'build', 'guest', 'engine.elf');

/** Booting runs trusted code (the engine, the C runtime) only; the user's code has its own limits. */
const BOOT_LIMITS: RunLimits = { memory: 256 * 2 ** 20, wallTime: 10_000, cpuTime: Number.POSITIVE_INFINITY, output: 2 ** 20 };
const MOST_CACHED_PROGRAMS = 1024;

export class Programs {
  readonly #hypervisor: NativeHypervisor;
  readonly #booted = new Map<string, Promise<NativeSnapshot>>();
  readonly #evaluated = new Map<string, NativeSnapshot>();

  constructor(hypervisor: NativeHypervisor) {
    this.#hypervisor = hypervisor;
  }

  /** The state from which the program's calls start. */
  async start(options: InstanceOptions): Promise<NativeSnapshot> {
    const { program } = options;
    switch (program.kind) {
      case 'js':
        return this.#evaluate(options);
      case 'native':
        return this.#boot(program.hash, () => nativeImage(program));
      case 'wasm':
        return this.#boot(program.hash, async () => (await buildWasm({ module: program.module })).image);
    }
  }

  /** Boots an image up to its first NEXT, once. */
  #boot(key: string, image: () => Promise<Uint8Array>): Promise<NativeSnapshot> {
    let booted = this.#booted.get(key);
    if (booted === undefined) {
      booted = image().then((elf) => this.#bootImage(elf));
      this.#booted.set(key, booted);
      booted.catch(() => this.#booted.delete(key));
    }
    return booted;
  }

  async #bootImage(elf: Uint8Array): Promise<NativeSnapshot> {
    const refuse = async (): Promise<Uint8Array[]> => {
      throw new ColonyError('ERR_GUEST_PROTOCOL', 'the image made a hypercall before its first NEXT');
    };
    const request = { input: [], limits: BOOT_LIMITS, onHypercall: refuse };
    const outcome = await runAsync(this.#hypervisor, this.#hypervisor.image(elf), request, { boot: true, freeze: true }, () => {});
    return frozen(outcome.frozen);
  }

  /** Evaluates a JavaScript program on the booted engine. Shared only if evaluation asked the host for nothing. */
  async #evaluate(options: InstanceOptions): Promise<NativeSnapshot> {
    const known = this.#evaluated.get(options.program.hash);
    if (known !== undefined) return known;
    const engine = await this.#boot('engine', () => readEngine());
    let pure = true;
    const onHypercall: InstanceOptions['onHypercall'] = (request) => {
      pure = false;
      return options.onHypercall(request);
    };
    const request = { input: options.loadFrame, limits: options.limits, onHypercall, signal: options.signal };
    const outcome = await runAsync(this.#hypervisor, engine, request, { freeze: true }, () => {});
    throwIfFailed(outcome.output);
    const start = frozen(outcome.frozen);
    if (pure) this.#remember(options.program.hash, start);
    return start;
  }

  #remember(hash: string, start: NativeSnapshot): void {
    if (this.#evaluated.size >= MOST_CACHED_PROGRAMS) {
      const oldest = this.#evaluated.keys().next().value;
      if (oldest !== undefined) this.#evaluated.delete(oldest);
    }
    this.#evaluated.set(hash, start);
  }
}

function frozen(snapshot: NativeSnapshot | undefined): NativeSnapshot {
  if (snapshot === undefined) throw new ColonyError('ERR_INTERNAL', 'a run that was to be frozen gave no snapshot');
  return snapshot;
}

async function readEngine(): Promise<Uint8Array> {
  try {
    return await readFile(engineImagePath);
  } catch (cause) {
    throw new ColonyError('ERR_BACKEND_UNAVAILABLE', `the JavaScript engine's image is missing (${engineImagePath}): run npm run build`, { cause });
  }
}

async function nativeImage(program: ResolvedProgram & { kind: 'native' }): Promise<Uint8Array> {
  if (program.image !== undefined) return program.image;
  if (program.cFile === undefined) throw new ColonyError('ERR_BAD_OPTION', 'a native program needs an image or a C file');
  return (await buildC({ file: program.cFile, ...(program.cFlags && { flags: program.cFlags }) })).image;
}

function throwIfFailed(output: Uint8Array): void {
  const loaded = decodeLoadResult(output);
  if (Array.isArray(loaded)) return;
  const code = loaded.name === 'SyntaxError' ? 'ERR_COMPILE' : 'ERR_GUEST_THROWN';
  throw new ColonyError(code, `the program failed while it was evaluated: ${loaded.name}: ${loaded.message}`, { details: { guest: loaded } });
}
