/** The C floors of native/. */
import { FloorProcess } from '../../floor-process.js';
import type { Group, Spec } from '../../types.js';
import { SIZES, sizeName } from './sizes.js';

const floor = (subject: string, what: string, floors: readonly string[] = []): Spec => ({
  subject,
  what,
  unit: 'us',
  floors,
});

const SPECS: readonly Spec[] = [
  floor('c.entry', 'enter a guest, one exit, registers in and out; nothing is reset'),
  floor('c.hypercall', 'one more exit and entry within a run'),
  ...[16, 64, 256].map((n) =>
    floor(
      `c.hotset${n}`,
      `the same entry; the guest writes ${n} pages, which are copied back after a look into the dirty log`,
    ),
  ),
  floor('c.reset16', 'that look and copy alone, 16 pages'),
  floor('c.reset256', 'that look and copy alone, 256 pages'),
  floor('c.cold', 'a VM, its vCPU, memory and state from nothing, first entry and exit'),
  floor('c.teardown', 'closing and unmapping all of it'),
  floor('c.compute.int', 'integer kernel on the host'),
  floor('c.compute.float', 'floating-point kernel on the host'),
  ...SIZES.map((bytes) => ({ ...floor(`c.memcpy.${sizeName(bytes)}`, `memcpy of ${bytes} bytes`), bytes })),
  floor('c.syscall', 'a system call (getppid), for scale'),
  floor('c.pthread', 'create a thread and join it, for scale'),
  floor('c.fork_wait', 'fork a small process and wait for its end, for scale'),
];

/** The executable knows numbers of bytes only. */
const nameInC = ({ subject, bytes }: Spec) => (bytes === undefined ? subject : `c.memcpy.${bytes}`);

/** A group of C floors, in a process of its own. */
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

/** Some of them by name, for suites that need no more. */
export const someFloors = (name: string, ...subjects: string[]): Group =>
  floorGroup(
    name,
    SPECS.filter(({ subject }) => subjects.includes(subject)),
  );
