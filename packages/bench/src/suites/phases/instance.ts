/** A backend's instance without core. */
import {
  type Backend,
  type BackendInstance,
  type BackendModule,
  DEFAULT_LIMITS,
  type Program,
  type RunRequest,
} from '@colony/core';
import { encodeCall, encodeLoad } from '@colony/core/frames';

const { memory, wallTime, cpuTime, output } = DEFAULT_LIMITS;
const LIMITS = { memory, wallTime, cpuTime, output };
const CODEC = { maxBytes: 2 ** 20, maxDepth: 64, allowance: 2 ** 20 };

export const callFrame = (name: string, ...args: unknown[]) => encodeCall(name, args, CODEC);

const refuse = () => {
  throw new Error('a benchmark that is to make no hypercall made one');
};

export function loadFrame({ resolved }: Program): Uint8Array[] {
  return resolved.kind === 'js' ? encodeLoad(resolved.filename, resolved.source, resolved.modules) : [];
}

/** A fresh run of the function `nothing`. */
export const request = (): RunRequest => ({
  input: callFrame('nothing'),
  limits: LIMITS,
  state: 'fresh',
  onHypercall: refuse,
});

export interface Opened {
  readonly backend: Backend;
  readonly instance: BackendInstance;
}

export async function openInstance(module: BackendModule, program: Program): Promise<Opened> {
  const backend = await module.open({});
  const { resolved } = program;
  const instance = await backend.createInstance({
    program: resolved,
    limits: { ...LIMITS, wallTime: 10_000 },
    onHypercall: refuse,
    loadFrame: loadFrame(program),
  });
  return { backend, instance };
}
