/** Finds out which mechanisms jails have on this machine, by making one, once. */
import { ColonyError, type DoctorFinding, MECHANISMS, type Mechanism } from '@colony/core';
import { findBubblewrap } from '@colony/guest';
import { jailHelper } from './helper.js';
import { launch, promise } from './launch.js';

export interface Probe {
  readonly applied: readonly Mechanism[];
  readonly findings: readonly DoctorFinding[];
}

const BUBBLEWRAP = 'install bubblewrap (Debian and Ubuntu: apt-get install bubblewrap)';
const NAMESPACES =
  'allow user namespaces (sysctl user.max_user_namespaces, kernel.unprivileged_userns_clone=1, or an AppArmor profile for bwrap; in a container: its seccomp profile)';
const OWN_FAULT = 'this should hold everywhere: please report it, with the kernel version';

const REMEDIES: Readonly<Partial<Record<Mechanism, string>>> = {
  seccomp: 'use a kernel with CONFIG_SECCOMP_FILTER',
  landlock: 'use Linux 5.13 or newer with `landlock` among its security modules (kernel parameter lsm=)',
  cgroup:
    'run as root where cgroups are mounted, or have memory and pids delegated (systemd: Delegate=yes); limits of each process hold without',
};

const NEEDS_BUBBLEWRAP: readonly Mechanism[] = [
  'user-namespace',
  'mount-namespace',
  'network-namespace',
  'pid-namespace',
  'ipc-namespace',
  'empty-root',
];

function remedyFor(mechanism: Mechanism): string {
  if (NEEDS_BUBBLEWRAP.includes(mechanism)) {
    if (findBubblewrap() !== undefined) return NAMESPACES;
    return process.env['COLONY_BWRAP']
      ? 'COLONY_BWRAP keeps bubblewrap out: unset it, or name its program'
      : BUBBLEWRAP;
  }
  return REMEDIES[mechanism] ?? OWN_FAULT;
}

/** The remedy if no jail can be made at all. */
export function remedyForFailure(error: unknown): string {
  const known = ColonyError.is(error) ? error.details['remedy'] : undefined;
  if (typeof known === 'string') return known;
  if (findBubblewrap() === undefined) return OWN_FAULT;
  return `${NAMESPACES}; or go without namespaces, which is weaker: COLONY_BWRAP=none`;
}

function findingFor(mechanism: Mechanism, applied: readonly Mechanism[]): DoctorFinding {
  return applied.includes(mechanism)
    ? { check: mechanism, ok: true, detail: 'applied to every child process' }
    : { check: mechanism, ok: false, optional: true, detail: 'not applied here', remedy: remedyFor(mechanism) };
}

/** A jail around the jail's own program, which fails without arguments if it ever gets to run. */
async function look(): Promise<Probe> {
  const jailed = await launch({ program: '/probe', args: [], files: { '/probe': await jailHelper() }, filter: 'node' });
  jailed.channel.destroy();
  jailed.kill();
  await jailed.exited;
  const { applied } = jailed;
  promise(applied);
  return { applied, findings: MECHANISMS.map((mechanism) => findingFor(mechanism, applied)) };
}

let probed: Promise<Probe> | undefined;

/** Probes once per process. @throws ColonyError ERR_BACKEND_UNAVAILABLE if no jail can be made. */
export function probe(): Promise<Probe> {
  probed ??= look();
  probed.catch(() => {
    probed = undefined;
  });
  return probed;
}
