/** The doctor's advice for other machines: one row per situation. */
import { expect, it } from 'vitest';
import type { DeviceFacts } from '../dist/device/facts.js';
import { deviceProblem, machineProblem, readFacts } from '../dist/device/index.js';

/** Bare hardware without problems, and user alice in the device's group. */
const FINE: DeviceFacts = {
  platform: 'linux',
  arch: 'x64',
  device: '/dev/kvm',
  kind: 'device',
  owner: { uid: 0, gid: 108, mode: 0o660 },
  failure: undefined,
  user: { name: 'alice', uid: 1000, gid: 1000, groups: [1000, 108] },
  groups: [
    { name: 'root', gid: 0, members: [] },
    { name: 'kvm', gid: 108, members: ['alice'] },
    { name: 'alice', gid: 1000, members: [] },
  ],
  minor: 232,
  flag: 'vmx',
  vendor: 'Intel',
  modules: ['kvm', 'kvm_intel'],
  guest: false,
  hypervisor: undefined,
  container: undefined,
};
const [ROOT, KVM, ALICE] = FINE.groups as [
  DeviceFacts['groups'][0],
  DeviceFacts['groups'][0],
  DeviceFacts['groups'][0],
];
const STRANGER: DeviceFacts['user'] = { name: 'alice', uid: 1000, gid: 1000, groups: [1000] };
const MISSING = { kind: 'missing', owner: undefined, failure: 'ENOENT' } as const;
const NO_KERNEL = { ...MISSING, minor: undefined, modules: [] } as const;
const CLOUD = { ...NO_KERNEL, flag: undefined, guest: true } as const;
const REFUSED = { failure: 'EACCES', user: STRANGER } as const;
const NOBODYS = { owner: { uid: 0, gid: 0, mode: 0o600 } } as const;

/** Facts that differ from `FINE`; patterns for the detail and the remedy, and one that the remedy must not match. */
const ROWS: readonly [string, Partial<DeviceFacts>, detail: RegExp, remedy: RegExp, not?: RegExp][] = [
  ['another system', { platform: 'darwin', arch: 'arm64' }, /darwin on arm64/, /another backend/],
  ['another processor', { arch: 'arm64' }, /linux on arm64/, /another backend/],

  ['missing, the module is not loaded', NO_KERNEL, /kvm_intel is not loaded/, /^'sudo modprobe kvm_intel'.*firmware/],
  [
    'the same on AMD',
    { ...NO_KERNEL, flag: 'svm', vendor: 'AMD' },
    /kvm_amd is not loaded/,
    /^'sudo modprobe kvm_amd'/,
  ],
  ['only the general module is loaded', { ...NO_KERNEL, modules: ['kvm'] }, /kvm_intel is not/, /modprobe kvm_intel/],
  [
    'the module is loaded and does nothing',
    { ...NO_KERNEL, modules: FINE.modules },
    /offers nothing/,
    /firmware/,
    /modprobe/,
  ],
  [
    'off in the firmware',
    { ...NO_KERNEL, flag: undefined },
    /is off, or it has none/,
    /VT-x in the firmware/,
    /nested/,
  ],
  ['off in the firmware of an AMD', { ...NO_KERNEL, flag: undefined, vendor: 'AMD' }, /is off/, /AMD-V \(SVM\)/],
  [
    'hardware in a container',
    { ...NO_KERNEL, container: 'docker' },
    /kvm_intel/,
    /^on the container's host: 'sudo modprobe.*--device/,
  ],

  [
    'a virtual machine, unknown whose',
    CLOUD,
    /is a virtual machine/,
    /nested virtualization.*provider/,
    /modprobe|firmware/,
  ],
  ['Amazon', { ...CLOUD, hypervisor: 'ec2' }, /virtual machine/, /\*\.metal/],
  ['Google', { ...CLOUD, hypervisor: 'gce' }, /virtual machine/, /--enable-nested-virtualization/],
  ['Azure', { ...CLOUD, hypervisor: 'azure' }, /virtual machine/, /Nested virtualization: Supported/],
  ['Hyper-V', { ...CLOUD, hypervisor: 'hyper-v' }, /virtual machine/, /ExposeVirtualizationExtensions/],
  ['WSL', { ...CLOUD, hypervisor: 'wsl' }, /virtual machine/, /\.wslconfig/],
  ['VirtualBox', { ...CLOUD, hypervisor: 'virtualbox' }, /virtual machine/, /--nested-hw-virt on/],
  ['VMware', { ...CLOUD, hypervisor: 'vmware' }, /virtual machine/, /VT-x\/EPT/],
  ['QEMU', { ...CLOUD, hypervisor: 'qemu' }, /virtual machine/, /host-passthrough/],
  [
    'a container in a virtual machine',
    { ...CLOUD, container: 'docker' },
    /virtual machine/,
    /nested.*; then .*--device \/dev\/kvm/,
  ],
  [
    'nested is on, the module is not loaded',
    { ...NO_KERNEL, guest: true },
    /kvm_intel/,
    /modprobe kvm_intel/,
    /nested/,
  ],

  [
    'docker',
    { ...MISSING, container: 'docker' },
    /was not given it/,
    /^start the container with 'docker run --device \/dev\/kvm/,
  ],
  ['podman', { ...MISSING, container: 'podman' }, /was not given it/, /podman run --device \/dev\/kvm/],
  ['Kubernetes', { ...MISSING, container: 'kubernetes' }, /was not given it/, /device plugin.*hostPath/, /docker/],
  ['LXC', { ...MISSING, container: 'lxc' }, /was not given it/, /lxc config device add/],
  ['systemd-nspawn', { ...MISSING, container: 'systemd-nspawn' }, /was not given it/, /--bind=\/dev\/kvm/],
  ['another container', { ...MISSING, container: 'garden' }, /was not given it/, /hand \/dev\/kvm/],
  ['no container, a bare /dev', MISSING, /though the kernel has KVM/, /mknod -m 0660 \/dev\/kvm c 10 232/],

  ['a folder, made by a volume', { kind: 'folder', container: 'docker', minor: undefined }, /is a folder/, /--device/],
  ['a file', { kind: 'file' }, /is a file, not a device/, /^remove it, then .*mknod/],
  ['no driver answers', { failure: 'ENODEV', minor: undefined, modules: [] }, /no driver/, /modprobe kvm_intel/],
  [
    'a container may not open it',
    { failure: 'EPERM', container: 'docker' },
    /container \(docker\) forbids/,
    /--device/,
  ],
  ['a service may not open it', { failure: 'EPERM' }, /control group/, /DeviceAllow=\/dev\/kvm rw/],
  ['something else', { failure: 'EIO' }, /EIO/, /dmesg/],

  [
    'not in its group',
    { ...REFUSED, groups: [ROOT, { ...KVM, members: [] }, ALICE] },
    /root:kvm 0660/,
    /^'sudo usermod -aG kvm alice', then log out/,
    /chmod|groupadd/,
  ],
  ['in its group since this session began', REFUSED, /root:kvm 0660/, /^log out and in again/, /usermod/],
  [
    'its group has another name',
    { ...REFUSED, groups: [ROOT, { name: 'virt', gid: 108, members: [] }] },
    /root:virt/,
    /usermod -aG virt alice/,
  ],
  [
    'its group has no name',
    { ...REFUSED, groups: [ROOT] },
    /root:108 0660/,
    /groupadd --gid 108 kvm && sudo usermod -aG kvm alice/,
  ],
  [
    "only root's, and there is no group kvm",
    { ...REFUSED, ...NOBODYS, groups: [ROOT] },
    /root:root 0600/,
    /^'sudo groupadd --system kvm && sudo chgrp kvm \/dev\/kvm && sudo chmod 0660 \/dev\/kvm && sudo usermod -aG kvm alice', then log out.*udev/,
  ],
  [
    "only root's, and alice is in kvm",
    { ...REFUSED, ...NOBODYS, user: FINE.user },
    /root:root 0600/,
    /^'sudo chgrp kvm \/dev\/kvm && sudo chmod 0660 \/dev\/kvm' \(/,
    /usermod|groupadd|log out/,
  ],
  [
    "its group's, closed to it",
    { ...REFUSED, owner: { uid: 0, gid: 108, mode: 0o600 }, groups: [ROOT, { ...KVM, members: [] }] },
    /root:kvm 0600/,
    /^'sudo chmod 0660 \/dev\/kvm && sudo usermod/,
    /chgrp/,
  ],
  [
    "root's group's: the remedy must not make a user root",
    { ...REFUSED, owner: { uid: 0, gid: 0, mode: 0o660 } },
    /root:root 0660/,
    /chgrp kvm/,
    /aG root/,
  ],
  ['an access list', { failure: 'EACCES' }, /access list/, /getfacl/, /usermod/],
  [
    "a user namespace's root",
    { failure: 'EACCES', user: { name: 'root', uid: 0, gid: 0, groups: [] } },
    /user namespace/,
    /getfacl/,
    /sudo usermod/,
  ],
  [
    'an ordinary user of a container',
    { ...REFUSED, container: 'docker', groups: [ROOT] },
    /root:108 0660/,
    /--group-add 108'/,
    /usermod/,
  ],
  ['of a pod', { ...REFUSED, container: 'kubernetes', groups: [ROOT] }, /0660/, /supplementalGroups: \[108\]/],
  ['of podman', { ...REFUSED, container: 'podman', groups: [ROOT] }, /0660/, /--group-add keep-groups/],
  [
    "of a container whose host has it root's alone",
    { ...REFUSED, ...NOBODYS, container: 'docker' },
    /root:root 0600/,
    /container's host.*chgrp kvm.*--group-add NUMBER/,
  ],
];

it.each(ROWS)('%s', (_, unlike, detail, remedy, not) => {
  const problem = deviceProblem({ ...FINE, ...unlike });
  expect(problem?.detail).toMatch(detail);
  expect(problem?.remedy).toMatch(remedy);
  if (not !== undefined) expect(problem?.remedy).not.toMatch(not);
  expect(`${problem?.detail}${problem?.remedy}`).not.toMatch(/\n|undefined|NaN/);
});

it('a device that opens has no finding, with any owner', () => {
  expect(deviceProblem(FINE)).toBeUndefined();
  expect(deviceProblem({ ...FINE, ...NOBODYS, container: 'docker', minor: undefined })).toBeUndefined();
});

it('a device that makes no machine is reported as busy or too old', () => {
  expect(machineProblem('KVM_CREATE_VM: EBUSY').remedy).toMatch(/other hypervisor/);
  expect(machineProblem('the CPU lacks XSAVE').remedy).toMatch(/newer kernel or processor/);
});

it('facts are read from this machine', () => {
  expect(readFacts('/dev/null')).toMatchObject({ platform: process.platform, kind: 'device', failure: undefined });
  expect(readFacts('/dev/null').owner).toMatchObject({ uid: 0 });
  expect(readFacts('/no/such/device')).toMatchObject({ kind: 'missing', failure: 'ENOENT', owner: undefined });
  expect(readFacts(import.meta.dirname)).toMatchObject({ kind: 'folder' });
  expect(readFacts(import.meta.filename)).toMatchObject({ kind: 'file' });
  expect(readFacts().user.uid).toBe(process.getuid?.());
  expect(readFacts().groups).toContainEqual(expect.objectContaining({ name: 'root', gid: 0 }));
});
