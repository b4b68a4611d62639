/** The native addon alone, for C and for JavaScript: fresh runs, and runs that keep their state. */
import { readFile } from 'node:fs/promises';
import type * as Kvm from '@colony/backend-kvm';
import type * as Native from '@colony/backend-kvm/native';
import type { NativeHypervisor, NativeSnapshot } from '@colony/backend-kvm/native';
import { DEFAULT_LIMITS, type Program } from '@colony/core';
import { RUN_NUMBER_CPU_TIME, RUN_NUMBER_WALL_TIME } from '@colony/guest/abi';
import { loadPackage } from '../../optional.js';
import { timed, timedAsync } from '../../timing.js';
import type { Sampler } from '../../types.js';
import { limitsOf, refuse } from '../floor/addon.js';
import { callFrame, loadFrame } from './instance.js';

const BOOT_MEMORY = 256 * 2 ** 20;
const MS = 1e6;

async function freeze(hypervisor: NativeHypervisor, from: NativeSnapshot, input: Uint8Array[], boots: boolean) {
  const { RUN_BOOT, RUN_FREEZE } = await loadPackage<typeof Native>('@colony/backend-kvm/native');
  const flags = boots ? RUN_BOOT | RUN_FREEZE : RUN_FREEZE;
  return new Promise<NativeSnapshot>((resolve, reject) => {
    hypervisor.run(from, input, limitsOf(BOOT_MEMORY), flags, refuse, (error, _output, frozen) => {
      if (frozen === undefined) reject(error ?? new Error('the run gave no snapshot'));
      else resolve(frozen);
    });
  });
}

/** The JavaScript engine after it evaluated a program. */
export async function javascriptSnapshot(hypervisor: NativeHypervisor, program: Program): Promise<NativeSnapshot> {
  const { engineImagePath } = await loadPackage<typeof Kvm>('@colony/backend-kvm');
  const engine = hypervisor.image(await readFile(engineImagePath));
  const booted = await freeze(hypervisor, engine, [], true);
  return freeze(hypervisor, booted, loadFrame(program), false);
}

/** Samplers of one snapshot: the whole run, and the hypervisor's own times for each run. */
export function addonSamplers(hypervisor: NativeHypervisor, snapshot: NativeSnapshot): Record<string, Sampler> {
  const input = callFrame('nothing');
  const limits = limitsOf(DEFAULT_LIMITS.memory);
  const kept = hypervisor.instance(snapshot);
  const idle = hypervisor.instance(snapshot);
  const run = (target: typeof kept | typeof snapshot) => hypervisor.runSync(target, input, limits, 0, refuse);
  const reported = (index: number): Sampler => {
    return (count) =>
      Array.from({ length: count }, () => {
        run(snapshot);
        return (limits[index] ?? 0) * MS;
      });
  };
  const around = (target: typeof kept | typeof snapshot): Sampler => {
    const whole = timed(() => run(target));
    return (count) =>
      Array.from({ length: count }, () => (whole(1) as number[])[0]! - (limits[RUN_NUMBER_WALL_TIME] ?? 0) * MS);
  };
  const async = () =>
    new Promise<void>((resolve, reject) => {
      hypervisor.run(snapshot, input, limits, 0, refuse, (error) => (error === null ? resolve() : reject(error)));
    });
  return {
    sync: timed(() => run(snapshot)),
    async: timedAsync(async),
    wall: reported(RUN_NUMBER_WALL_TIME),
    cpu: reported(RUN_NUMBER_CPU_TIME),
    around: around(snapshot),
    kept: around(kept),
    crossing: timed(() => hypervisor.drop(idle), 10),
  };
}
