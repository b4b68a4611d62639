/**
 * The hypervisor without core: the difference to a full call is the cost of policy, codec and contexts. Also measures
 * the reset alone.
 */

import { join } from 'node:path';
import type * as Kvm from '@colony/backend-kvm';
import type * as Native from '@colony/backend-kvm/native';
import type { NativeHypervisor, NativeSnapshot } from '@colony/backend-kvm/native';
import { DEFAULT_LIMITS } from '@colony/core';
import { encodeCall } from '@colony/core/frames';
import { KERNEL_FLAGS, programs } from '../../floor-process.js';
import { loadPackage } from '../../optional.js';
import { timed, timedApart } from '../../timing.js';
import type { Group, Sampler, Spec } from '../../types.js';
import { counted, spec } from '../spec.js';

const KIB = 2 ** 10;
const MIB = 2 ** 20;

/** A guest's size is its stack (256 KiB), its writable pages (64 or 256), page tables and the ballast. */
const SMALL = { flags: ['-DMOST=64', `-DBALLAST=${448 * KIB}`], memory: 2 * MIB };
const LARGE = { flags: ['-DMOST=64', `-DBALLAST=${63 * MIB + 320 * KIB}`], memory: 80 * MIB };
const WIDE = { flags: ['-DMOST=256'], memory: 4 * MIB };

const virtineResetText = (size: string, pages: number) =>
  `reset of a ${size} virtine that wrote ${counted(pages, 'page')}, and return into JavaScript`;

const SPECS: readonly Spec[] = [
  spec(
    'kvm.addon.runSync',
    'run of a C function that does nothing by the native addon alone: no context, policy or codec',
    ['c.hotset16', 'c.entry'],
  ),
  spec('kvm.reset.1MiB', virtineResetText('1 MiB', 16), ['c.reset16']),
  spec('kvm.reset.64MiB', virtineResetText('64 MiB', 16), ['kvm.reset.1MiB']),
  spec('kvm.reset.dirty1', virtineResetText('1 MiB', 1), ['c.reset16']),
  spec('kvm.reset.dirty256', virtineResetText('1.5 MiB', 256), ['c.reset256']),
  spec('kvm.addon.cold', 'run of a C function that does nothing by the native addon alone, in a VM created for it', [
    'c.cold',
  ]),
];

export const refuse = () => {
  throw new Error('a benchmark that is to make no hypercall made one');
};

export class Guests {
  readonly #hypervisors: NativeHypervisor[] = [];
  readonly #kvm: typeof Kvm;
  readonly #native: typeof Native;

  private constructor(kvm: typeof Kvm, native: typeof Native) {
    this.#kvm = kvm;
    this.#native = native;
  }

  static async open(): Promise<Guests> {
    return new Guests(await loadPackage('@colony/backend-kvm'), await loadPackage('@colony/backend-kvm/native'));
  }

  hypervisor(options: { warm: number; spares: number }): NativeHypervisor {
    const { Hypervisor } = this.#native.loadAddon();
    const made = new Hypervisor({ threads: 1, ...options });
    this.#hypervisors.push(made);
    return made;
  }

  async boot(hypervisor: NativeHypervisor, file: string, ...flags: string[]): Promise<NativeSnapshot> {
    const { image } = await this.#kvm.buildC({ file: join(programs, file), flags: [...KERNEL_FLAGS, ...flags] });
    return new Promise((resolve, reject) => {
      hypervisor.run(
        hypervisor.image(image),
        [],
        limitsOf(256 * MIB),
        this.#native.RUN_BOOT | this.#native.RUN_FREEZE,
        refuse,
        (error, _output, frozen) => {
          if (frozen === undefined) reject(error ?? new Error(`${file} gave no snapshot`));
          else resolve(frozen);
        },
      );
    });
  }

  close(): void {
    for (const hypervisor of this.#hypervisors) hypervisor.close();
  }
}

export const frame = (name: string, ...args: unknown[]) =>
  encodeCall(name, args, { maxBytes: MIB, maxDepth: 64, allowance: 2 ** 20 });
/** Milliseconds. Longer than the longest run on a slow machine, so that no deadline affects a figure. */
const PATIENT_MS = 60_000;
/** The numbers of a run: see NativeNumbers. Afterwards the fifth holds the run's wall time in milliseconds. */
export const limitsOf = (memory: number) => Float64Array.of(memory, MIB, PATIENT_MS, PATIENT_MS, 0, 0, 0, 0);

/** Returns the whole call minus the guest's own time: the time that the caller waits after the guest has returned. */
export function resetOf(
  hypervisor: NativeHypervisor,
  snapshot: NativeSnapshot,
  pages: number,
  memory: number,
): Sampler {
  const input = frame('dirty', pages);
  const limits = limitsOf(memory);
  return (count) =>
    Array.from({ length: count }, () => {
      const start = process.hrtime.bigint();
      hypervisor.runSync(snapshot, input, limits, 0, refuse);
      return Number(process.hrtime.bigint() - start) - (limits[4] ?? 0) * 1e6;
    });
}

/** No shell is kept or ready, and the last one is gone before the next is requested. */
function cold(hypervisor: NativeHypervisor, snapshot: NativeSnapshot): Sampler {
  const input = frame('nothing');
  const limits = limitsOf(DEFAULT_LIMITS.memory);
  return timedApart(
    () => hypervisor.runSync(snapshot, input, limits, 0, refuse),
    () => allDestroyed(() => hypervisor.stats()),
  );
}

export async function allDestroyed(stats: () => Readonly<Record<string, number>>): Promise<void> {
  // Do not sleep: a processor that has slept is cold in a different way than a context is, and the floor does not
  // sleep.
  for (const end = performance.now() + 1000; performance.now() < end; ) {
    const { shellsCreated, shellsDestroyed } = stats();
    if (shellsCreated === shellsDestroyed) return;
    await new Promise((resolve) => setImmediate(resolve));
  }
}

export const addon: Group = {
  name: 'the addon alone',
  specs: SPECS,
  async open() {
    const guests = await Guests.open();
    const warm = guests.hypervisor({ warm: 8, spares: 0 });
    const none = guests.hypervisor({ warm: 0, spares: 0 });
    const nothing = await guests.boot(warm, 'null.c');
    // A snapshot for each: contexts of one snapshot share shells, and with them the set of written pages.
    const small = await guests.boot(warm, 'pages.c', ...SMALL.flags);
    const large = await guests.boot(warm, 'pages.c', ...LARGE.flags);
    const one = await guests.boot(warm, 'pages.c', ...SMALL.flags);
    const wide = await guests.boot(warm, 'pages.c', ...WIDE.flags);
    const limits = limitsOf(DEFAULT_LIMITS.memory);
    const input = frame('nothing');
    return {
      samplers: {
        'kvm.addon.runSync': timed(() => warm.runSync(nothing, input, limits, 0, refuse)),
        'kvm.reset.1MiB': resetOf(warm, small, 16, SMALL.memory),
        'kvm.reset.64MiB': resetOf(warm, large, 16, LARGE.memory),
        'kvm.reset.dirty1': resetOf(warm, one, 1, SMALL.memory),
        'kvm.reset.dirty256': resetOf(warm, wide, 256, WIDE.memory),
        'kvm.addon.cold': cold(none, await guests.boot(none, 'null.c')),
      },
      close: async () => guests.close(),
    };
  },
};
