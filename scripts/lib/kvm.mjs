// Checks that /dev/kvm exists and that this user may open it, with the kvm backend's code. The backend's doctor() also
// tries parts that must be built first.
import { deviceProblem, readFacts } from '../../packages/backend-kvm/src/device/index.js';

/** @returns {string | undefined} one line with the problem and its remedy */
export function kvmProblem(device = '/dev/kvm') {
  const problem = deviceProblem(readFacts(device));
  return problem === undefined ? undefined : `${problem.detail}. Remedy: ${problem.remedy}.`;
}
