/**
 * Helpers for laws about a backend's own promises, below core: instances directly from the backend, and frames for
 * them.
 */
import type { BackendInstance, HypercallHandler, RunLimits, RunRequest } from '@colony/core';
import { encodeCall, encodeLoad } from '@colony/core/frames';
import type { Tools } from '../law.js';
import { PATIENT } from '../programs/index.js';

const LIMITS: RunLimits = {
  memory: 2 ** 25,
  wallTime: PATIENT.wallTime,
  cpuTime: PATIENT.cpuTime,
  output: 2 ** 21,
};
const CODEC_LIMITS = { maxBytes: 2 ** 20, maxDepth: 64, allowance: 2 ** 20 };

/** The answer `[0, 1]`. */
export const ONE: Uint8Array[] = [new Uint8Array([0x82, 0, 1])];

/** Answers `[0, null]` to every hypercall. */
const nothing: HypercallHandler = () => [new Uint8Array([0x82, 0, 0xf6])];

/** An instance of the suite's program, disposed of when the law is over. */
export async function instanceAtDoor(t: Tools): Promise<BackendInstance> {
  const { resolved } = t.program;
  const loadFrame = resolved.kind === 'js' ? encodeLoad(resolved.filename, resolved.source, resolved.modules) : [];
  const instance = await t.backend.createInstance({
    program: resolved,
    limits: LIMITS,
    onHypercall: nothing,
    loadFrame,
  });
  t.after(() => instance.dispose());
  return instance;
}

/** A request to call a function of the suite's program. */
export function requestFor(name: string, ...args: unknown[]): RunRequest {
  return { input: encodeCall(name, args, CODEC_LIMITS), limits: LIMITS, state: 'fresh', onHypercall: nothing };
}
