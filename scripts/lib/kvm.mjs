// Is /dev/kvm there and may this user open it? Only what can be told before anything is built;
// the kvm backend's doctor() knows more.
import { accessSync, constants, existsSync } from 'node:fs';
import { userInfo } from 'node:os';

/** @returns {string | undefined} one line with the problem and its remedy */
export function kvmProblem(device = '/dev/kvm') {
  if (!existsSync(device)) {
    return (
      `${device} is missing: virtines need KVM. On hardware: turn on virtualization in the firmware and ` +
      "'sudo modprobe kvm_intel' (or kvm_amd). In a virtual machine: turn on nested virtualization on its host. " +
      "In a container: start it with '--device /dev/kvm'."
    );
  }
  try {
    accessSync(device, constants.R_OK | constants.W_OK);
    return undefined;
  } catch {
    return `No permission to open ${device}: 'sudo usermod -aG kvm ${userInfo().username}', then log out and in again.`;
  }
}
