// The inside of a fresh system: pivot_root, not chroot, for in a chroot the kernel makes no user namespace.
import { existsSync, realpathSync } from 'node:fs';

const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
/** How this machine reaches its registries, and whom it believes; everything else of the environment stays outside. */
const PASSED_ON = /^(https?_proxy|no_proxy|NODE_EXTRA_CA_CERTS|SSL_CERT_(FILE|DIR)|CI|COLONY_REQUIRE_KVM)$/i;

/**
 * @param {string} system folder of the system
 * @param {{ user: number, home: string, folder: string }} who a user's number, home, and where it works
 * @param {readonly string[]} command
 * @returns {{ command: string, args: string[], env: Record<string, string> }} to be started on this machine
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
