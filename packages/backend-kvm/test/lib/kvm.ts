/** Shared by the tests of this package: whether KVM works, and the probe programs. */
import { join } from 'node:path';
import { backend, buildC } from '@colony/backend-kvm';
import type { Natives } from '@colony/conformance';
import { native, type Program } from '@colony/core';
import { probesFolder } from '@colony/guest/probes';
import { describe, it } from 'vitest';

const bad = (await backend.doctor()).find((finding) => !finding.ok);

/** The reason why nothing can be tested here; undefined if KVM works. */
const noKvm = bad === undefined ? undefined : `${bad.check}: ${bad.detail}. ${bad.remedy ?? ''}`;

/** A `describe` whose tests need a virtual machine: one skip with the reason if KVM does not work. */
export function describeKvm(name: string, define: () => void): void {
  if (noKvm === undefined) describe(name, define);
  else describe(name, () => it('needs KVM', (context) => context.skip(noKvm)));
}

/** For tests that are not about time: enough for a slow and busy machine. */
export const PATIENT = { wallTime: 120_000, cpuTime: 120_000, startTime: 120_000 } as const;

export const probe = (file: string): Program => native.c(join(probesFolder, file));

export const natives = (): Natives => ({
  basic: probe('basic.c'),
  secrets: probe('secrets.c'),
  memory: probe('memory.c'),
  hypercalls: probe('hypercalls.c'),
});

/** The bytes of a probe's image, for damage. */
export async function probeImage(file: string): Promise<Uint8Array> {
  return (await buildC({ file: join(probesFolder, file) })).image;
}
