/** Checks what a program needs against the policy in its virtine's options. */
import type { Policy } from '@colony/core';
import { checkPolicy } from '../../policy/check.js';
import type { Need } from '../../policy/needs.js';
import type { Refusal } from '../../refusals/refusal.js';

export interface PolicyFindings {
  readonly refusals: readonly Refusal[];
  readonly warnings: readonly string[];
}

/** Without a written policy, refuses uses whose target is unknown, because they cannot be granted. */
export function checkWrittenPolicy(
  virtine: string,
  policy: Policy | undefined,
  needs: readonly Need[],
): PolicyFindings {
  const refuse = ({ chain, what }: Need, rule: Refusal['rule'], message: string, advice: string): Refusal => {
    const { file, line, column } = chain[chain.length - 1]!;
    return { rule, virtine, subject: what, message, advice, chain, file, line, column };
  };
  if (policy === undefined) {
    const advice = 'make it constant, or write a policy in the options of the virtine';
    const refusals = needs
      .filter(isUnknown)
      .map((need) =>
        refuse(
          need,
          'dynamic-capability',
          `its request to the host by ${need.what} is not known at build time`,
          advice,
        ),
      );
    return { refusals, warnings: [] };
  }
  const { tooNarrow, unused } = checkPolicy(policy, needs);
  return {
    refusals: tooNarrow.map(({ need, reason }) =>
      refuse(need, 'policy-too-narrow', `${need.what} would be denied: ${reason}`, 'grant it, or do without the call'),
    ),
    warnings: unused.map((grant) => `its policy grants ${grant}, which it does not use`),
  };
}

const isUnknown = ({ capability }: Need) =>
  capability.kind === 'unknown' || (capability.kind === 'fetch' && !capability.methods);
