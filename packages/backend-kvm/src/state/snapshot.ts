/** A state that contexts start from, and the snapshot of one as core holds it. */
import { type BackendSnapshot, ColonyError, type NativeImages } from '@colony/core';
import type { NativeHypervisor } from '../native.js';
import type { SharedSnapshot } from './shared-snapshot.js';

/** The state that a program's calls start from, and the functions that can be called. */
export interface Start {
  readonly snapshot: SharedSnapshot;
  /** Absent if a shipped state does not list them. */
  readonly exports?: readonly string[] | undefined;
  /** Bytes of an engine that all its programs share. The limit of memory is about what a program needs beyond. */
  readonly shared?: number | undefined;
  /** The images that its C file was built to. */
  readonly built?: NativeImages | undefined;
}

/** A frozen state. Every context that starts from it shares its memory. */
export class KvmSnapshot implements BackendSnapshot {
  readonly backend = 'kvm';
  readonly size: number;
  readonly built: NativeImages | undefined;
  readonly #hypervisor: NativeHypervisor;
  #start: Start | undefined;

  constructor(hypervisor: NativeHypervisor, start: Start) {
    this.#hypervisor = hypervisor;
    this.#start = start;
    this.built = start.built;
    this.size = hypervisor.facts(start.snapshot.hold().native).size;
  }

  get start(): Start {
    if (this.#start === undefined) throw new ColonyError('ERR_DISPOSED', 'the snapshot is disposed');
    return this.#start;
  }

  serialize(): Uint8Array {
    return this.#hypervisor.serialize(this.start.snapshot.native);
  }

  dispose(): void {
    this.#start?.snapshot.release();
    this.#start = undefined;
  }
}

export function asKvmSnapshot(snapshot: BackendSnapshot): KvmSnapshot {
  if (snapshot instanceof KvmSnapshot) return snapshot;
  throw new ColonyError('ERR_SNAPSHOT_FOREIGN', `the snapshot comes from the ${snapshot.backend} backend, this is kvm`);
}
