/** Facts about the machine that a reader needs to interpret a figure. */
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { availableParallelism, loadavg, release, totalmem, version } from 'node:os';
import { compiler, HOST_FLAGS } from './floor-process.js';

export interface Facts {
  readonly time: string;
  readonly commit: string | null;
  readonly cpu: { readonly model: string; readonly count: number; readonly governor: string | null };
  readonly memoryMiB: number;
  readonly kernel: string;
  readonly hypervisor: string | null;
  readonly kvm: { readonly flavour: string; readonly modules: readonly string[]; readonly device: boolean };
  readonly mitigations: Readonly<Record<string, string>>;
  readonly clocksource: string | null;
  readonly hugePages: string | null;
  readonly load: readonly number[];
  readonly versions: Readonly<Record<string, string>>;
  readonly floorFlags: string;
}

function read(path: string): string | null {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    return null;
  }
}

function output(command: string, ...args: string[]): string | null {
  try {
    return execFileSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  } catch {
    return null;
  }
}

const list = (folder: string) => (existsSync(folder) ? readdirSync(folder).sort() : []);

/**
 * Names the code that runs a guest, by its loaded module. If KVM is built in, the CPU's flags and the kernel's log are
 * used.
 */
function kvmFlavour(modules: readonly string[], cpuinfo: string): string {
  const module = modules.find((name) => name.startsWith('kvm_'));
  if (module === 'kvm_pvm') return 'pvm (software, shadow paging)';
  if (module !== undefined) return module.slice('kvm_'.length);
  const log = output('dmesg') ?? '';
  if (/kvm-pvm/.test(log)) return 'pvm (software, shadow paging)';
  if (/^flags\s*:.*\bvmx\b/m.test(cpuinfo)) return 'intel (from CPU flags)';
  if (/^flags\s*:.*\bsvm\b/m.test(cpuinfo)) return 'amd (from CPU flags)';
  return 'unknown';
}

function hypervisor(cpuinfo: string): string | null {
  if (!/^flags\s*:.*\bhypervisor\b/m.test(cpuinfo)) return null;
  const name = [read('/sys/class/dmi/id/sys_vendor'), read('/sys/class/dmi/id/product_name')].filter(Boolean).join(' ');
  return name === '' ? 'yes (no name given)' : name;
}

function mitigations(): Record<string, string> {
  const folder = '/sys/devices/system/cpu/vulnerabilities';
  return Object.fromEntries(list(folder).map((name) => [name, read(`${folder}/${name}`) ?? '']));
}

/** The commit of Colony, independent of the current folder. */
function commit(): string | null {
  const here = import.meta.dirname;
  const head = output('git', '-C', here, 'rev-parse', 'HEAD');
  if (head === null) return null;
  return output('git', '-C', here, 'status', '--porcelain', '--untracked-files=no') === ''
    ? head
    : `${head} with changes`;
}

export function machineFacts(): Facts {
  const cpuinfo = read('/proc/cpuinfo') ?? '';
  const modules = list('/sys/module').filter((name) => /^kvm/.test(name));
  return {
    time: new Date().toISOString(),
    commit: commit(),
    cpu: {
      model: /^model name\s*:\s*(.*)$/m.exec(cpuinfo)?.[1] ?? 'unknown',
      count: availableParallelism(),
      governor: read('/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor'),
    },
    memoryMiB: Math.round(totalmem() / 2 ** 20),
    kernel: `${release()} ${version()}`,
    hypervisor: hypervisor(cpuinfo),
    kvm: { flavour: kvmFlavour(modules, cpuinfo), modules, device: existsSync('/dev/kvm') },
    mitigations: mitigations(),
    clocksource: read('/sys/devices/system/clocksource/clocksource0/current_clocksource'),
    hugePages: read('/sys/kernel/mm/transparent_hugepage/enabled'),
    load: loadavg(),
    versions: {
      node: process.version,
      v8: process.versions.v8 ?? '',
      compiler: output(compiler, '--version')?.split('\n')[0] ?? 'none',
      libc: output('ldd', '--version')?.split('\n')[0] ?? 'unknown',
    },
    floorFlags: HOST_FLAGS.join(' '),
  };
}

/** Milliseconds of CPU time that the hypervisor below has taken from this machine since boot. */
export function stolenMs(): number {
  const fields = /^cpu\s+(.*)$/m.exec(read('/proc/stat') ?? '')?.[1]?.split(/\s+/) ?? [];
  return Number(fields[7] ?? 0) * 10; // USER_HZ is 100 on every Linux x86
}
