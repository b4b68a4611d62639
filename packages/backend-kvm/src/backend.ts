/** KVM virtines as a Colony backend. */
import type { Backend, BackendOptions, BackendSnapshot, Capabilities, InstanceOptions } from '@colony/core';
import { countFrom, readOptions } from '@colony/core/options';
import { KvmInstance } from './instance.js';
import { fromNative, loadAddon, type NativeHypervisor } from './native.js';
import { toWasmTrap } from './run/wasm-trap.js';
import { SharedSnapshot } from './state/shared-snapshot.js';
import { KvmSnapshot } from './state/snapshot.js';
import { engineId, StartStateCache } from './state/start-state-cache.js';

const CAPABILITIES: Capabilities = Object.freeze({
  programs: Object.freeze(['js', 'native', 'wasm', 'linux', 'v8'] as const),
  callSync: true,
  snapshot: true,
  snapshotFile: true,
  asyncHypercalls: true,
  keepState: true,
  limits: Object.freeze({ memory: true, wallTime: true, cpuTime: true, output: true }),
  boundary: 'virtual-machine',
  mechanisms: Object.freeze([]),
});

export class KvmBackend implements Backend {
  readonly name = 'kvm';
  readonly capabilities = CAPABILITIES;
  readonly #hypervisor: NativeHypervisor;
  readonly #startStates: StartStateCache;

  constructor(options: BackendOptions) {
    this.#hypervisor = openHypervisor(options);
    this.#startStates = new StartStateCache(this.#hypervisor);
  }

  async createInstance(options: InstanceOptions): Promise<KvmInstance> {
    const { program } = options;
    if (options.snapshot !== undefined) {
      return new KvmInstance(this.#hypervisor, this.#startStates.ofSnapshot(options.snapshot, program), program);
    }
    try {
      return new KvmInstance(this.#hypervisor, await this.#startStates.start(options), program);
    } catch (error) {
      throw toWasmTrap(program.kind, error);
    }
  }

  async deserializeSnapshot(bytes: Uint8Array): Promise<BackendSnapshot> {
    try {
      const snapshot = new SharedSnapshot(this.#hypervisor, this.#hypervisor.deserialize(bytes));
      return new KvmSnapshot(this.#hypervisor, { snapshot });
    } catch (error) {
      throw fromNative(error);
    }
  }

  engine(): Promise<string> {
    return engineId();
  }

  stats(): Readonly<Record<string, number>> {
    return this.#hypervisor.stats();
  }

  async dispose(): Promise<void> {
    this.#hypervisor.close();
  }
}

interface KvmOptions {
  /** Idle shells kept by each thread. Default 4. */
  readonly warm: number;
  /** Threads that run calls. Default 2. */
  readonly threads: number;
  /** Most shells alive. Default 256 a thread. */
  readonly max: number;
}

function openHypervisor(backendOptions: BackendOptions): NativeHypervisor {
  const options = readOptions<KvmOptions>('backendOptions', backendOptions, {
    warm: countFrom(0),
    threads: countFrom(1),
    max: countFrom(1),
  });
  const { Hypervisor } = loadAddon();
  try {
    return new Hypervisor({
      ...(options.threads !== undefined && { threads: options.threads }),
      ...(options.warm !== undefined && { warm: options.warm, spares: Math.min(options.warm, 1) }),
      ...(options.max !== undefined && { shells: options.max }),
    });
  } catch (error) {
    throw fromNative(error);
  }
}
