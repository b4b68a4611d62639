/** Decides what lets this user open /dev/kvm: by its owner, its mode, the groups that exist, and the container. */

/** @typedef {import('./facts.js').DeviceFacts} DeviceFacts */
/** @typedef {import('./facts.js').Owner} Owner */
/** @typedef {{ detail: string, remedy: string }} Problem */

const GROUP_MAY = 0o060;
const RULE = `a udev rule keeps that over restarts: KERNEL=="kvm", GROUP="kvm", MODE="0660"`;
const IN_AGAIN = 'then log out and in again';

/** @param {DeviceFacts} facts @param {number} gid */
const groupOf = ({ groups }, gid) => groups.find((group) => group.gid === gid);

/** @param {DeviceFacts} facts @param {number} gid is the user in this group by what this process may do */
const inSession = ({ user }, gid) => user.gid === gid || user.groups.includes(gid);

/** `root:kvm 0660`. @param {DeviceFacts} facts @param {Owner} owner */
function ownerText(facts, { uid, gid, mode }) {
  const user = uid === 0 ? 'root' : uid === facts.user.uid ? facts.user.name : String(uid);
  return `${user}:${groupOf(facts, gid)?.name ?? gid} ${mode.toString(8).padStart(4, '0')}`;
}

/** Numbers, not names: a container's /etc/group is not its host's. @param {string} container @param {Owner} owner */
function containerRemedy(container, { gid, mode }) {
  const permitted = gid !== 0 && (mode & GROUP_MAY) === GROUP_MAY;
  const first = permitted
    ? ''
    : "on the container's host, give the device to a group: 'sudo chgrp kvm /dev/kvm && sudo chmod 0660 /dev/kvm'; then ";
  const group = permitted ? String(gid) : "NUMBER (of 'stat -c %g /dev/kvm' there)";
  if (container === 'kubernetes')
    return `${first}put the group into the pod: 'securityContext.supplementalGroups: [${group}]'`;
  if (container === 'podman')
    return `${first}start the container with '--group-add keep-groups', as a user of the device's group`;
  return `${first}start the container with '--group-add ${group}'`;
}

/** The device's group may use it: become one of it. @param {DeviceFacts} facts @param {number} gid */
function memberRemedy(facts, gid) {
  const { user } = facts;
  const group = groupOf(facts, gid);
  if (group === undefined) {
    return `'sudo groupadd --gid ${gid} kvm && sudo usermod -aG kvm ${user.name}', ${IN_AGAIN}`;
  }
  if (group.members.includes(user.name))
    return `log out and in again: ${user.name} is in the group ${group.name}, and this session began before`;
  return `'sudo usermod -aG ${group.name} ${user.name}', ${IN_AGAIN}`;
}

/** No group may use it, or only root's: give it to the group kvm first. @param {DeviceFacts} facts @param {Owner} owner */
function groupRemedy(facts, { gid }) {
  const { user, groups, device } = facts;
  const kvm = groups.find(({ name }) => name === 'kvm');
  const member = kvm !== undefined && (inSession(facts, kvm.gid) || kvm.members.includes(user.name));
  const steps = [
    ...(kvm === undefined ? ['sudo groupadd --system kvm'] : []),
    ...(kvm === undefined || kvm.gid !== gid ? [`sudo chgrp kvm ${device}`] : []),
    `sudo chmod 0660 ${device}`,
    ...(member ? [] : [`sudo usermod -aG kvm ${user.name}`]),
  ];
  const session = kvm !== undefined && inSession(facts, kvm.gid) ? '' : `, ${IN_AGAIN}`;
  return `'${steps.join(' && ')}'${session} (${RULE})`;
}

/** Opening was refused for want of permission. @param {DeviceFacts} facts @returns {Problem} */
export function permissionRemedy(facts) {
  const { device, container, user, owner = { uid: 0, gid: 0, mode: 0o600 } } = facts;
  const detail = `no permission to open ${device}, which is ${ownerText(facts, owner)}`;
  if (container !== undefined) return { detail, remedy: containerRemedy(container, owner) };
  const permitted = owner.gid !== 0 && (owner.mode & GROUP_MAY) === GROUP_MAY;
  if (user.uid === 0 || (permitted && inSession(facts, owner.gid))) {
    const why =
      user.uid === 0
        ? 'this root is one of a user namespace, or a security module forbids it'
        : 'an access list or a security module forbids it';
    return { detail: `${detail}: ${why}`, remedy: `'getfacl ${device}' and 'sudo dmesg | grep -i denied' show which` };
  }
  return { detail, remedy: permitted ? memberRemedy(facts, owner.gid) : groupRemedy(facts, owner) };
}
