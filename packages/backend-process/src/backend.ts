/** Child processes in jails, or worker threads, as a Colony backend. */
import {
  type Backend,
  type BackendCapabilities,
  type BackendInstance,
  ColonyError,
  type InstanceOptions,
  type Mechanism,
} from '@colony/core';
import { NodeService } from './javascript/service.js';
import { startChild } from './javascript/start.js';
import type { ProcessOptions } from './options.js';
import { Threads } from './threads/threads.js';
import { NativeService } from './zygotes/service.js';

const EXCLUDES = Object.freeze({
  linux: 'the jail gets them with a later version; they run on kvm',
  v8: 'its children run JavaScript in the V8 of Node as they are; leave `engine` out',
});

const CAPABILITIES = Object.freeze({
  callSync: false,
  snapshot: false,
  snapshotFile: false,
  asyncHypercalls: true,
  keepState: true,
  limits: Object.freeze({ memory: true, wallTime: true, cpuTime: true, output: true }),
  excludes: EXCLUDES,
});

const JAVASCRIPT = Object.freeze(['js'] as const);
const ALL = Object.freeze(['js', 'native', 'wasm'] as const);

export class ProcessBackend implements Backend {
  readonly name = 'process';
  readonly capabilities: BackendCapabilities;
  readonly #node: NodeService;
  readonly #native: NativeService;

  /** `mechanisms`: what the jail was found to apply here. */
  constructor(options: ProcessOptions, mechanisms: readonly Mechanism[]) {
    this.capabilities = Object.freeze({
      ...CAPABILITIES,
      programs: ALL,
      boundary: 'process',
      mechanisms: Object.freeze([...mechanisms]),
    });
    this.#node = new NodeService(options, (memory, signal) => startChild(memory, options, signal));
    this.#native = new NativeService(options);
  }

  async createInstance(options: InstanceOptions): Promise<BackendInstance> {
    refuseOthers(options, this.capabilities);
    const service = options.program.kind === 'js' ? this.#node : this.#native;
    return await service.createInstance(options);
  }

  stats(): Readonly<Record<string, number>> {
    const { alive = 0, running = 0, ...rest } = this.#node.stats();
    const native = this.#native.stats();
    return { ...rest, children: alive + native.children, running: running + native.running, zygotes: native.children };
  }

  async dispose(): Promise<void> {
    await Promise.all([this.#node.dispose(), this.#native.dispose()]);
  }
}

/** `isolation: 'thread'`: the same, in worker threads of this process. No boundary: for comparison, and for code that is trusted. */
export class ThreadBackend implements Backend {
  readonly name = 'process';
  readonly capabilities: BackendCapabilities = Object.freeze({
    ...CAPABILITIES,
    // A thread's limit is on V8's heap, and byte arrays lie outside of it.
    limits: Object.freeze({ ...CAPABILITIES.limits, memory: false }),
    programs: JAVASCRIPT,
    boundary: 'thread',
    mechanisms: Object.freeze([]),
  });
  readonly #threads: Threads;
  readonly #node: NodeService;

  constructor(options: ProcessOptions) {
    this.#threads = new Threads(options.max);
    this.#node = new NodeService(options, (memory, signal) => this.#threads.start(memory, signal));
  }

  async createInstance(options: InstanceOptions): Promise<BackendInstance> {
    refuseOthers(options, this.capabilities);
    return await this.#node.createInstance(options);
  }

  stats(): Readonly<Record<string, number>> {
    return { ...this.#node.stats(), workers: this.#threads.count };
  }

  async dispose(): Promise<void> {
    await this.#node.dispose();
    await this.#threads.end();
  }
}

/** Refuses unsupported options. Core does that, too; this protects callers that use the backend without core. */
function refuseOthers({ program, snapshot }: InstanceOptions, { programs }: BackendCapabilities): void {
  if (!programs.includes(program.kind)) {
    const message = `the process backend runs ${programs.join(', ')} programs here, not ${program.kind}`;
    throw new ColonyError('ERR_UNSUPPORTED', message);
  }
  if (snapshot !== undefined)
    throw new ColonyError('ERR_UNSUPPORTED', 'the process backend has no snapshots to start from');
}
