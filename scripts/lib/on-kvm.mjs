// Tests that need a virtual machine: without KVM, each is skipped with the reason.
import { it } from 'vitest';
import { kvmProblem } from './kvm.mjs';

/** The reason why kvm does not work here; undefined if it works. */
export const noKvm = kvmProblem();

/**
 * `it` for a test that runs on kvm.
 * @param {string} name
 * @param {(context: import('vitest').TestContext) => unknown} work
 * @param {number} [timeout] milliseconds
 */
export const itOnKvm = (name, work, timeout = 300_000) =>
  it(name, { timeout }, (context) => {
    if (noKvm !== undefined) context.skip(noKvm);
    return work(context);
  });
