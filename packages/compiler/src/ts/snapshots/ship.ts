/** States of programs as part of a build. */
import type { VirtineReport } from '../../report/types.js';
import type { VirtineDescriptor } from '../../runtime/types.js';
import type { Synthesis } from '../synthesize.js';
import { type Frozen, freeze, type SnapshotOutput } from './freeze.js';

export interface Shipped {
  readonly descriptor: VirtineDescriptor;
  readonly report: VirtineReport;
  readonly snapshots: readonly SnapshotOutput[];
  readonly warnings: readonly string[];
}

export class Shipper {
  readonly #backends: readonly string[];
  /** A synthesis that is kept from the build before keeps its state. */
  readonly #frozen = new WeakMap<Synthesis, Frozen>();

  constructor(backends: string | readonly string[] = []) {
    this.#backends = [backends].flat();
  }

  /** One after the other: each has the machine for as long as it takes. */
  async ship(results: readonly Synthesis[]): Promise<Shipped[]> {
    const made: Shipped[] = [];
    for (const each of results) made.push(await this.#one(each));
    return made;
  }

  async #one(synthesis: Synthesis): Promise<Shipped> {
    const { descriptor, report, asksInitially } = synthesis;
    if (this.#backends.length === 0) return { descriptor, report, snapshots: [], warnings: [] };
    const frozen = this.#frozen.get(synthesis) ?? (await freeze(descriptor, this.#backends, asksInitially));
    this.#frozen.set(synthesis, frozen);
    const { snapshots, outcomes } = frozen;
    const shipped = snapshots.map(({ bytes: _, ...state }) => state);
    const place = `${descriptor.where}: virtine \`${descriptor.name}\``;
    return {
      descriptor: shipped.length === 0 ? descriptor : { ...descriptor, shipped },
      report: { ...report, shipped: outcomes },
      snapshots,
      warnings: outcomes.flatMap(({ backend, refused }) =>
        refused === undefined ? [] : [`${place}: no snapshot for ${backend}: ${refused}`],
      ),
    };
  }
}
