/** What the tests of this package share: is there a KVM, and the probe programs. */
import { join } from 'node:path';
import { backend, buildC } from '@colony/backend-kvm';
import type { Natives } from '@colony/conformance';
import { native, type Program } from '@colony/core';
import { probesFolder } from '@colony/guest/probes';
import { describe, it } from 'vitest';

const bad = (await backend.doctor()).find((finding) => !finding.ok);

/** Why nothing can be tested here; undefined where all is well. */
const noKvm = bad === undefined ? undefined : `${bad.check}: ${bad.detail}. ${bad.remedy ?? ''}`;

/** A `describe` whose tests need a virtual machine: one skip with the reason where there is none. */
export function describeKvm(name: string, define: () => void): void {
  if (noKvm === undefined) describe(name, define);
  else describe(name, () => it('needs KVM', (context) => context.skip(noKvm)));
}

/** For all that is no matter of time: enough for a slow machine that is busy. */
export const PATIENT = { wallTime: 120_000, cpuTime: 120_000, startTime: 120_000 } as const;

export const probe = (file: string): Program => native.c(join(probesFolder, file));

export const natives = (): Natives => ({
  basic: probe('basic.c'),
  secrets: probe('secrets.c'),
  memory: probe('memory.c'),
  hypercalls: probe('hypercalls.c'),
});

/** The bytes of a probe's image, to be damaged. */
export async function probeImage(file: string): Promise<Uint8Array> {
  return (await buildC({ file: join(probesFolder, file) })).image;
}
