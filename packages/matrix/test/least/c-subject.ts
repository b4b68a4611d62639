/** An image on the kvm backend with the inputs of a virtine's test. */
import { type ContextOptions, createContext, native, type Policy } from '@colony/core';
import type { CInput } from './c-corpus.js';
import type { Subject } from './endings.js';

export interface Surroundings {
  readonly policy: Policy;
  readonly hypercalls: NonNullable<ContextOptions['hypercalls']>;
}

/** Endless programs cost CPU time; nothing else may depend on how busy the machine is. */
const LIMITS = { wallTime: '2 min', cpuTime: '1 s', memory: '32 MiB' } as const;

/** Only the first layer of a policy can raise a default, so the limits stand in it. Those of the virtine come first. */
function withLimits(policy: Policy): Policy {
  const [first, ...others] = 'all' in policy ? policy.all : [policy];
  if (first === undefined || 'all' in first) throw new TypeError('the first layer of a virtine is plain');
  return { all: [{ ...first, limits: { ...LIMITS, ...first.limits } }, ...others] };
}

/** The image from which a test removes something. */
export function imageSubject(
  name: string,
  inputs: readonly CInput[],
  { policy, hypercalls }: Surroundings,
): Subject<Uint8Array> {
  return {
    inputs: inputs.length,
    async start(image) {
      const context = await createContext({
        backend: 'kvm',
        program: native.fat({ virtine: image }),
        policy: withLimits(policy),
        hypercalls,
        console: () => {},
      });
      return {
        run: async (i) => {
          const input = inputs[i]!;
          if ('other' in input) return await context.call(input.other);
          if ('args' in input) return await context.call(name, ...input.args);
          // Twice with kept state, because only the next call reuses or frees what a call leaves.
          await context.reset();
          const kept = context.with({ state: 'keep' });
          const settled = [
            ...(await kept.callBatchSettled(name, input.rows)),
            ...(await kept.callBatchSettled(name, input.rows)),
          ];
          return settled.map((outcome) => (outcome.ok ? outcome.value : String(outcome.error.details.guest?.message)));
        },
        dispose: () => context.dispose(),
      };
    },
  };
}
