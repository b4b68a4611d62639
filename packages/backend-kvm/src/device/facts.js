/**
 * Reads what decides whether /dev/kvm can be used here. Plain JavaScript with built-in modules only: set-up imports this
 * file before anything is built.
 */
import { closeSync, constants, existsSync, openSync, readFileSync, statSync } from 'node:fs';
import { userInfo } from 'node:os';

/** Owner and mode of the device file. @typedef {{ uid: number, gid: number, mode: number }} Owner */
/** @typedef {{ name: string, gid: number, members: readonly string[] }} Group */

/**
 * @typedef {object} DeviceFacts
 * @property {string} platform as Node names it
 * @property {string} arch as Node names it
 * @property {string} device its path
 * @property {'missing' | 'device' | 'file' | 'folder'} kind what is at the path
 * @property {Owner | undefined} owner undefined if it is missing
 * @property {string | undefined} failure why opening it failed, as `EACCES`; undefined if it opens
 * @property {{ name: string, uid: number, gid: number, groups: readonly number[] }} user this process's user and groups
 * @property {readonly Group[]} groups of /etc/group
 * @property {number | undefined} minor the device's minor number if the running kernel offers KVM, container or not
 * @property {'vmx' | 'svm' | undefined} flag the processor's virtualization, as far as the kernel shows it
 * @property {'Intel' | 'AMD' | undefined} vendor of the processor
 * @property {readonly string[]} modules KVM's modules that are loaded or built in
 * @property {boolean} guest is this a virtual machine
 * @property {string | undefined} hypervisor who runs the virtual machine, as far as that can be seen
 * @property {string | undefined} container `docker`, `podman`, `kubernetes`, ..., `other`
 */

/** A file's text; '' if it cannot be read. @param {string} path */
function textOf(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

/** @param {string} device @returns {Pick<DeviceFacts, 'kind' | 'owner' | 'failure'>} */
function readDevice(device) {
  try {
    const stats = statSync(device);
    const kind = stats.isCharacterDevice() ? 'device' : stats.isDirectory() ? 'folder' : 'file';
    const owner = { uid: stats.uid, gid: stats.gid, mode: stats.mode & 0o777 };
    return { kind, owner, failure: kind === 'device' ? openingFailure(device) : undefined };
  } catch (error) {
    return { kind: 'missing', owner: undefined, failure: /** @type {NodeJS.ErrnoException} */ (error).code };
  }
}

/** Opens the device: permissions alone do not show a container's rules or a missing driver. @param {string} device */
function openingFailure(device) {
  try {
    closeSync(openSync(device, constants.O_RDWR));
    return undefined;
  } catch (error) {
    return /** @type {NodeJS.ErrnoException} */ (error).code ?? String(error);
  }
}

/** @returns {DeviceFacts['user']} */
function readUser() {
  const [uid, gid, groups] = [process.getuid?.() ?? -1, process.getgid?.() ?? -1, process.getgroups?.() ?? []];
  try {
    return { name: userInfo().username, uid, gid, groups };
  } catch {
    return { name: String(uid), uid, gid, groups }; // a number without an entry in /etc/passwd, as in containers
  }
}

/** @returns {Group[]} */
function readGroups() {
  return textOf('/etc/group')
    .split('\n')
    .flatMap((line) => {
      const [name, , gid, members = ''] = line.split(':');
      if (name === undefined || gid === undefined) return [];
      return [{ name, gid: Number(gid), members: members.split(',').filter((member) => member !== '') }];
    });
}

/** @returns {Pick<DeviceFacts, 'flag' | 'vendor' | 'guest'>} */
function readProcessor() {
  const text = textOf('/proc/cpuinfo');
  const flags = new Set((/^flags\s*:\s*(.*)$/m.exec(text)?.[1] ?? '').split(' '));
  return {
    flag: flags.has('vmx') ? 'vmx' : flags.has('svm') ? 'svm' : undefined,
    vendor: text.includes('GenuineIntel') ? 'Intel' : text.includes('AuthenticAMD') ? 'AMD' : undefined,
    guest: flags.has('hypervisor'),
  };
}

/** The asset tag by which Azure's machines differ from others on Hyper-V. */
const AZURE_TAG = '7783-7084-3265-9085-8269-3286-77';
/** Names of machines in their firmware: the first match counts. @type {readonly (readonly [RegExp, string])[]} */
const HYPERVISORS = [
  [new RegExp(AZURE_TAG), 'azure'],
  [/Amazon EC2/, 'ec2'],
  [/Google/, 'gce'],
  [/Microsoft Corporation/, 'hyper-v'],
  [/VirtualBox|innotek/, 'virtualbox'],
  [/VMware/, 'vmware'],
  [/QEMU|KVM|Proxmox|OpenStack|Red Hat/, 'qemu'],
];

/** @returns {string | undefined} */
function readHypervisor() {
  if (/microsoft/i.test(textOf('/proc/sys/kernel/osrelease'))) return 'wsl';
  const files = ['sys_vendor', 'product_name', 'bios_vendor', 'board_vendor', 'chassis_asset_tag'];
  const firmware = files.map((name) => textOf(`/sys/class/dmi/id/${name}`)).join('\n');
  return HYPERVISORS.find(([pattern]) => pattern.test(firmware))?.[1];
}

/** @returns {string | undefined} */
function readContainer() {
  if (process.env['KUBERNETES_SERVICE_HOST'] !== undefined) return 'kubernetes';
  if (existsSync('/run/.containerenv')) return 'podman';
  if (existsSync('/.dockerenv')) return 'docker';
  const manager = textOf('/run/systemd/container').trim() || process.env['container'];
  if (manager) return manager;
  const groups = textOf('/proc/1/cgroup');
  const runtime = /kubepods|docker|libpod|lxc|containerd/.exec(groups)?.[0];
  if (runtime === undefined) return undefined;
  return { kubepods: 'kubernetes', libpod: 'podman', containerd: 'other' }[runtime] ?? runtime;
}

/** @param {string} [device] @returns {DeviceFacts} */
export function readFacts(device = '/dev/kvm') {
  const minor = /^\s*(\d+) kvm$/m.exec(textOf('/proc/misc'))?.[1];
  return {
    platform: process.platform,
    arch: process.arch,
    device,
    ...readDevice(device),
    user: readUser(),
    groups: readGroups(),
    minor: minor === undefined ? undefined : Number(minor),
    ...readProcessor(),
    modules: ['kvm', 'kvm_intel', 'kvm_amd'].filter((name) => existsSync(`/sys/module/${name}`)),
    hypervisor: readHypervisor(),
    container: readContainer(),
  };
}
