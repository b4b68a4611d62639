/** The core modules of one component, instantiated for one run: interruptible, and held to one memory limit together. */
import type { RunLimits } from '@colony/core';
import { type GuestHost, RunEnd } from '../guest/host.js';
import { Instance } from '../guest/instance.js';
import { HIDDEN, type PreparedModule } from '../prepare/prepared.js';
import { GlueMemory } from './memory.js';
import type { Meter } from './meter.js';

/** Core instances of one component; each costs the host memory before it does anything. */
const MOST_INSTANCES = 64;

/** Instances see the limit less what the others hold. */
class CoreHost implements GuestHost {
  others = 0;

  constructor(
    readonly host: GuestHost,
    readonly update: (own: CoreHost) => void,
  ) {}

  get limits(): RunLimits {
    this.update(this);
    const { limits } = this.host;
    return { ...limits, memory: limits.memory - this.others };
  }

  hypercall(request: Uint8Array): Uint8Array {
    return this.host.hypercall(request);
  }

  interrupt(): void {
    this.host.interrupt();
  }
}

interface Core {
  readonly host: CoreHost;
  readonly instance: Instance;
  /** Whether its memory is its own: an imported one is another core's. */
  readonly counts: boolean;
}

export class Cores {
  readonly #host: GuestHost;
  readonly #meter: Meter;
  readonly #cores: Core[] = [];
  readonly #memories = new Map<WebAssembly.Memory, GlueMemory>();

  constructor(host: GuestHost, meter: Meter) {
    this.#host = host;
    this.#meter = meter;
  }

  /** Bytes that all of them hold. */
  get size(): number {
    return this.#sizeBut(undefined);
  }

  /** Replaces jco's function: makes an instance, and returns its exports with memories that are counted. */
  instantiate(prepared: PreparedModule, imports: WebAssembly.Imports): { exports: WebAssembly.Exports } {
    if (this.#cores.length === MOST_INSTANCES)
      throw new RunEnd('ERR_LIMIT_MEMORY', `a component may have ${MOST_INSTANCES} core instances`);
    const host = new CoreHost(this.#host, (own) => {
      own.others = this.#sizeBut(own);
    });
    const { otherImports } = prepared.facts;
    const instance = new Instance(prepared, otherImports.length > 0 ? unwrapped(imports) : imports, host);
    this.#cores.push({ host, instance, counts: !otherImports.some(({ kind }) => kind === 'memory') });
    instance.start();
    return { exports: this.#wrapped(instance.exports) };
  }

  /** A memory that a core imports is another's: the limit is about the other, which is then left out. */
  #sizeBut(own: CoreHost | undefined): number {
    const mine = this.#cores.find(({ host }) => host === own)?.instance.exports[`${HIDDEN}memory`];
    let size = 0;
    for (const { instance, counts } of this.#cores) {
      const memory = instance.exports[`${HIDDEN}memory`];
      if (counts && (mine === undefined || memory !== mine)) size += instance.size;
    }
    return size;
  }

  #wrapped(exports: WebAssembly.Exports): WebAssembly.Exports {
    if (exports[`${HIDDEN}memory`] === undefined) return exports;
    const result: Record<string, unknown> = Object.create(null);
    for (const name in exports) {
      if (name.startsWith(HIDDEN)) continue;
      const value = exports[name];
      result[name] = value instanceof WebAssembly.Memory ? this.#glueMemory(value) : value;
    }
    return result as WebAssembly.Exports;
  }

  #glueMemory(memory: WebAssembly.Memory): GlueMemory {
    let glueMemory = this.#memories.get(memory);
    if (glueMemory === undefined) {
      glueMemory = new GlueMemory(memory, this.#meter);
      this.#memories.set(memory, glueMemory);
    }
    return glueMemory;
  }
}

/** Core modules take real memories. */
function unwrapped(imports: WebAssembly.Imports): WebAssembly.Imports {
  const result: Record<string, Record<string, unknown>> = {};
  for (const [module, fields] of Object.entries(imports)) {
    const real: Record<string, unknown> = {};
    for (const [name, value] of Object.entries(fields)) real[name] = value instanceof GlueMemory ? value.real : value;
    result[module] = real;
  }
  return result as WebAssembly.Imports;
}
