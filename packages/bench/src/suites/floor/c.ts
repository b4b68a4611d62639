/** The C floors of native/. */
import { FloorProcess } from '../../floor-process.js';
import type { Group, Spec } from '../../types.js';
import { spec } from '../spec.js';
import { SIZES, sizeName } from './sizes.js';

const SPECS: readonly Spec[] = [
  spec('c.entry', 'enter a guest, one exit, registers in and out; nothing is reset'),
  spec('c.hypercall', 'one more exit and entry within a run'),
  ...[16, 64, 256].map((n) =>
    spec(
      `c.hotset${n}`,
      `the same entry; the guest writes ${n} pages, which are copied back after a look into the dirty log`,
    ),
  ),
  spec('c.reset16', 'that look and copy alone, 16 pages'),
  spec('c.reset256', 'that look and copy alone, 256 pages'),
  spec('c.cold', 'a VM, its vCPU, memory and state from nothing, first entry and exit'),
  spec('c.teardown', 'closing and unmapping all of it'),
  spec('c.compute.int', 'integer kernel on the host'),
  spec('c.compute.float', 'floating-point kernel on the host'),
  ...SIZES.map((bytes) => spec(`c.memcpy.${sizeName(bytes)}`, `memcpy of ${bytes} bytes`, [], { bytes })),
  spec('c.call', 'call a function that does nothing, for scale'),
  spec('c.syscall', 'a system call (getppid), for scale'),
  spec('c.pthread', 'create a thread and join it, for scale'),
  spec(
    'c.handoff',
    'a sleeping thread is handed 50 us of work and waited for, 2,000 times a second: for the tail that the machine has anyway',
  ),
  spec('c.fork_wait', 'fork a small process and wait for its end, for scale'),
  spec('c.posix_spawn', 'posix_spawn a program that ends at once (static, no C library) and wait, for scale'),
];

/** The executable knows only numbers of bytes: c.memcpy.16384, whatever the copy represents. */
const nameInC = ({ subject, bytes }: Spec) =>
  bytes === undefined ? subject : `${/^c\.\w+/.exec(subject)?.[0]}.${bytes}`;

/** A group of C floors, in a separate process. */
export function floorGroup(name: string, specs: readonly Spec[]): Group {
  return {
    name,
    specs,
    async open({ floorPath }) {
      const process = new FloorProcess(floorPath);
      return {
        samplers: Object.fromEntries(specs.map((spec) => [spec.subject, process.sampler(nameInC(spec))])),
        close: () => process.close(),
      };
    },
  };
}

export const c = floorGroup('C floors', SPECS);

/** Some floors by name, for suites that need only those. */
export const someFloors = (name: string, ...subjects: string[]): Group =>
  floorGroup(
    name,
    SPECS.filter(({ subject }) => subjects.includes(subject)),
  );
