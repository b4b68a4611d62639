/**
 * Decides from facts whether /dev/kvm can be used, and if not, what to do. Only this file decides. It does no I/O, so each
 * situation is a row of a test.
 */
import { permissionRemedy } from './permission.js';

/** @typedef {import('./facts.js').DeviceFacts} DeviceFacts */
/** @typedef {{ detail: string, remedy: string }} Problem */

/** How to give a device to each kind of container. @type {Readonly<Record<string, string>>} */
const HAND_OVER = {
  docker: "start the container with 'docker run --device /dev/kvm ...'",
  podman: "start the container with 'podman run --device /dev/kvm ...'",
  kubernetes:
    "give the pod the device: by a device plugin for /dev/kvm, or by a hostPath volume of /dev/kvm with 'securityContext.privileged: true'",
  lxc: "add the device on the container's host: 'lxc config device add NAME kvm unix-char path=/dev/kvm'",
  'systemd-nspawn': 'start the container with \'--bind=/dev/kvm --property=DeviceAllow="/dev/kvm rw"\'',
};

/** How to turn on nested virtualization, by hypervisor or provider. @type {Readonly<Record<string, string>>} */
const NESTED = {
  ec2: 'on Amazon EC2, use a bare-metal instance (*.metal), or an instance type that offers nested virtualization and turn it on among its CPU options',
  gce: "on Google Compute Engine, create the machine with '--enable-nested-virtualization', of a machine type that allows it",
  azure: "on Azure, choose a size whose page lists 'Nested virtualization: Supported', with the security type Standard",
  'hyper-v':
    "on the Hyper-V host, with the machine shut down: 'Set-VMProcessor -VMName NAME -ExposeVirtualizationExtensions $true'",
  wsl: "write 'nestedVirtualization=true' below [wsl2] in %UserProfile%\\.wslconfig, then 'wsl --shutdown' (it needs Windows 11)",
  virtualbox: "on the VirtualBox host, with the machine shut down: 'VBoxManage modifyvm NAME --nested-hw-virt on'",
  vmware:
    "in VMware, with the machine shut down: turn on 'Virtualize Intel VT-x/EPT or AMD-V/RVI' among its processors' settings",
  qemu: "on the QEMU host: 'nested=1' for kvm_intel or kvm_amd, and the processor type 'host' for this machine (libvirt: host-passthrough)",
};

/** @param {string} container */
const handOver = (container) => HAND_OVER[container] ?? 'hand /dev/kvm of its host to the container';

/** Adds the container's remedy: it has only devices that its host has and hands over. @param {DeviceFacts} facts @param {string} remedy */
const andHandOver = ({ container }, remedy) =>
  container === undefined ? remedy : `${remedy}; then ${handOver(container)}`;

/** A remedy on the machine itself. @param {DeviceFacts} facts @param {string} remedy */
const onHost = (facts, remedy) =>
  andHandOver(facts, facts.container === undefined ? remedy : `on the container's host: ${remedy}`);

/** The kernel offers no KVM: the reason and the remedy. @param {DeviceFacts} facts @returns {Problem} */
function kernelProblem(facts) {
  const { flag, guest, hypervisor, modules, vendor, device } = facts;
  const state = facts.kind === 'missing' ? `${device} is missing` : `${device} is there, and no driver answers`;
  if (flag !== undefined) return moduleProblem(facts, state, flag === 'vmx' ? 'kvm_intel' : 'kvm_amd');
  if (guest) {
    const detail = `${state}: this is a virtual machine, and its processor has no virtualization to hand on`;
    const general = 'turn on nested virtualization for this machine, on its host or at its provider';
    return { detail, remedy: andHandOver(facts, NESTED[hypervisor ?? ''] ?? general) };
  }
  const setting = vendor === undefined ? 'VT-x or AMD-V' : { Intel: 'Intel VT-x', AMD: 'AMD-V (SVM)' }[vendor];
  const detail = `${state}: the processor's virtualization is off, or it has none${modules.length > 0 ? '' : ', and the module kvm is not loaded'}`;
  return { detail, remedy: onHost(facts, `turn on ${setting} in the firmware's settings`) };
}

/** @param {DeviceFacts} facts @param {string} state @param {string} module @returns {Problem} */
function moduleProblem(facts, state, module) {
  if (facts.modules.includes(module)) {
    const remedy =
      "turn on virtualization in the firmware's settings; 'sudo dmesg | grep -i kvm' shows why the module does nothing";
    return { detail: `${state}: the module ${module} is loaded and offers nothing`, remedy: onHost(facts, remedy) };
  }
  const remedy = `'sudo modprobe ${module}'; if that reports 'Operation not supported', turn on virtualization in the firmware's settings first`;
  return { detail: `${state}: the module ${module} is not loaded`, remedy: onHost(facts, remedy) };
}

/** The kernel has KVM, but there is no device for it. @param {DeviceFacts} facts @returns {Problem} */
function absentProblem({ device, container, minor }) {
  if (container !== undefined) {
    return {
      detail: `${device} is missing: the kernel has KVM, this container (${container}) was not given it`,
      remedy: handOver(container),
    };
  }
  const remedy = `'sudo mknod -m 0660 ${device} c 10 ${minor}', or start udev, which makes it`;
  return { detail: `${device} is missing, though the kernel has KVM`, remedy };
}

/** @param {DeviceFacts} facts @returns {Problem} */
function notADevice(facts) {
  const { device, kind, container } = facts;
  const detail = `${device} is a ${kind}, not a device`;
  if (container !== undefined) {
    const why = "a volume makes a folder of a name that the container's host does not have";
    return {
      detail: `${detail}: ${why}`,
      remedy: `look for /dev/kvm on the container's host; if it is there, ${handOver(container)}`,
    };
  }
  const { remedy } = facts.minor === undefined ? kernelProblem(facts) : absentProblem(facts);
  return { detail, remedy: `remove it, then ${remedy}` };
}

/** @param {DeviceFacts} facts @returns {Problem | undefined} undefined if the device opens */
export function deviceProblem(facts) {
  const { platform, arch, kind, failure, container, device } = facts;
  if (platform !== 'linux' || arch !== 'x64') {
    return { detail: `this is ${platform} on ${arch}`, remedy: 'use Linux on x86-64, or another backend' };
  }
  if (kind === 'missing') return facts.minor === undefined ? kernelProblem(facts) : absentProblem(facts);
  if (kind !== 'device') return notADevice(facts);
  if (failure === undefined) return undefined;
  if (failure === 'EACCES') return permissionRemedy(facts);
  if (failure === 'ENODEV' || failure === 'ENXIO') return kernelProblem(facts);
  if (failure === 'EPERM') {
    const detail = `${device} may not be opened: ${container === undefined ? "this process's control group" : `this container (${container})`} forbids it`;
    const remedy =
      container === undefined ? "let the service have it: systemd's 'DeviceAllow=/dev/kvm rw'" : handOver(container);
    return { detail, remedy };
  }
  return { detail: `${device} cannot be opened (${failure})`, remedy: "'sudo dmesg | grep -i kvm' may show why" };
}

/** A virtual machine could not be made, though the device opens. @param {string} message the addon's @returns {Problem} */
export function machineProblem(message) {
  const busy = /EBUSY|busy/i.test(message);
  return {
    detail: message,
    remedy: busy
      ? 'stop the other hypervisor that holds the processor (VirtualBox, VMware), or use another backend'
      : 'use a newer kernel or processor, or another backend',
  };
}
