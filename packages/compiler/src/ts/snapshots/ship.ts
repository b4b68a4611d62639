/** Snapshots of evaluated programs as part of a build. */
import type { GrantReason } from '../../policy/generate.js';
import type { VirtineReport } from '../../report/types.js';
import type { VirtineDescriptor } from '../../runtime/types.js';
import { type Frozen, freeze, type SnapshotOutput } from './freeze.js';

/** A synthesized program: its `Synthesis`. */
export interface Shippable {
  readonly descriptor: VirtineDescriptor;
  readonly report: VirtineReport;
  /** Grants that initialisation may need. */
  readonly asksInitially: readonly GrantReason[];
}

export interface Shipped {
  readonly descriptor: VirtineDescriptor;
  readonly report: VirtineReport;
  readonly snapshots: readonly SnapshotOutput[];
  readonly warnings: readonly string[];
}

export class Shipper {
  readonly #backends: readonly string[];
  /** A synthesis that is reused from the last build keeps its state. */
  readonly #frozen = new WeakMap<Shippable, Frozen>();

  constructor(backends: string | readonly string[] = []) {
    this.#backends = [backends].flat();
  }

  /** Ships one after the other, so that each has the machine to itself. */
  async ship(results: readonly Shippable[]): Promise<Shipped[]> {
    const made: Shipped[] = [];
    for (const synthesis of results) made.push(await this.#one(synthesis));
    return made;
  }

  async #one(synthesis: Shippable): Promise<Shipped> {
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
