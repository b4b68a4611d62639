/** Child processes in jails as a Colony backend. */
import {
  type Backend,
  type BackendCapabilities,
  type BackendInstance,
  ColonyError,
  type InstanceOptions,
  type Mechanism,
} from '@colony/core';
import { NodeCell } from './node-cell/cell.js';
import type { ProcessOptions } from './options.js';

const CAPABILITIES = Object.freeze({
  callSync: false,
  snapshot: false,
  snapshotFile: false,
  asyncHypercalls: true,
  keepState: true,
  limits: Object.freeze({ memory: true, wallTime: true, cpuTime: true, output: true }),
});

export class ProcessBackend implements Backend {
  readonly name = 'process';
  readonly capabilities: BackendCapabilities;
  readonly #node: NodeCell;

  /** `mechanisms`: what the jail was found to apply here. */
  constructor(options: ProcessOptions, mechanisms: readonly Mechanism[]) {
    this.capabilities = Object.freeze({
      ...CAPABILITIES,
      programs: Object.freeze(['js'] as const),
      boundary: 'process',
      mechanisms: Object.freeze([...mechanisms]),
    });
    this.#node = new NodeCell(options);
  }

  async createInstance(options: InstanceOptions): Promise<BackendInstance> {
    if (options.snapshot !== undefined)
      throw new ColonyError('ERR_UNSUPPORTED', 'the process backend has no snapshots to start from');
    return await this.#node.createInstance(options);
  }

  stats(): Readonly<Record<string, number>> {
    return this.#node.stats();
  }

  async dispose(): Promise<void> {
    await this.#node.dispose();
  }
}
