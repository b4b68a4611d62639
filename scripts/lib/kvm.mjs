// Is /dev/kvm there and may this user open it? The kvm backend decides; its doctor() also tries what has to be built first.
import { deviceProblem, readFacts } from '../../packages/backend-kvm/src/device/index.js';

/** @returns {string | undefined} one line with the problem and its remedy */
export function kvmProblem(device = '/dev/kvm') {
  const problem = deviceProblem(readFacts(device));
  return problem === undefined ? undefined : `${problem.detail}. Remedy: ${problem.remedy}.`;
}
