/** Helpers of this package's tests. */
import type { Natives } from '@colony/conformance';
import { native, type Program } from '@colony/core';
import { probePath } from '@colony/guest/probes';
import wabt from 'wabt';

const probe = (name: string): Program => native.c(probePath(name));

export const natives = (): Natives => ({
  basic: probe('basic'),
  secrets: probe('secrets'),
  memory: probe('memory'),
  hypercalls: probe('hypercalls_wasm32'),
});

const features = { mutable_globals: true, bulk_memory: true, reference_types: true, multi_value: true, simd: true };

/** Bytes of a module from its text. */
export async function assemble(wat: string, more: Record<string, boolean> = {}): Promise<Uint8Array> {
  const { parseWat } = await wabt();
  return parseWat('module.wat', wat, { ...features, ...more }).toBinary({}).buffer;
}
