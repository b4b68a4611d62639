// Enters a fresh system with pivot_root instead of chroot, because the kernel refuses user namespaces in a chroot.
import { existsSync, realpathSync } from 'node:fs';

const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
/** Variables for this machine's registries and certificates; the rest of the environment is not passed on. */
const PASSED_ON = /^(https?_proxy|no_proxy|NODE_EXTRA_CA_CERTS|SSL_CERT_(FILE|DIR)|CI|COLONY_REQUIRE_KVM)$/i;

/**
 * @param {string} system folder of the system
 * @param {{ user: number, home: string, folder: string }} who a user's number, home, and working folder
 * @param {readonly string[]} command
 * @returns {{ command: string, args: string[], env: Record<string, string> }} for a start on this machine
 */
export function enter(system, { user, home, folder }, command) {
  const variables = Object.entries(process.env).filter(([name]) => PASSED_ON.test(name));
  const set = {
    PATH,
    HOME: home,
    LANG: 'C.UTF-8',
    DEBIAN_FRONTEND: 'noninteractive',
    ...Object.fromEntries(variables),
  };
  const resolver = existsSync('/etc/resolv.conf') ? realpathSync('/etc/resolv.conf') : undefined;
  const become =
    user === 0 ? [] : ['setpriv', `--reuid=${user}`, `--regid=${user}`, '--clear-groups', '--inh-caps=-all', '--'];
  return {
    command: 'bwrap',
    args: [
      ...['--bind', system, '/', '--proc', '/proc', '--dev-bind', '/dev', '/dev', '--perms', '1777', '--tmpfs', '/tmp'],
      ...(resolver === undefined ? [] : ['--ro-bind', resolver, '/etc/resolv.conf']),
      ...['--cap-add', 'ALL', '--unshare-pid', '--die-with-parent', '--clearenv'],
      ...Object.entries(set).flatMap(([name, value]) => ['--setenv', name, value ?? '']),
      ...['--chdir', folder, '--', ...become, ...command],
    ],
    env: {},
  };
}
