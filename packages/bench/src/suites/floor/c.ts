/** The C floors of native/. */
import { FloorProcess } from '../../floor-process.js';
import type { Group, Spec } from '../../types.js';
import { counted, spec } from '../spec.js';
import { SIZES, sizeName, sizeText } from './sizes.js';

export const hotsetText = (pages: number) =>
  `entry into a guest that writes ${counted(pages, 'page')}, one exit, and reset: dirty log read, pages copied back`;
export const resetText = (pages: number) =>
  `reset of a guest alone: dirty log read, ${counted(pages, 'page')} copied back`;

const SPECS: readonly Spec[] = [
  spec('c.entry', 'entry into a guest and one exit, with registers in and out; no reset'),
  spec('c.hypercall', 'one more exit and entry during a run of a guest'),
  ...[16, 64, 256].map((n) => spec(`c.hotset${n}`, hotsetText(n))),
  spec('c.reset16', resetText(16)),
  spec('c.reset256', resetText(256)),
  spec('c.cold', 'creation of a VM with vCPU, memory and state, first entry and exit'),
  spec('c.teardown', 'unmapping and closing of a VM with its vCPU and memory'),
  spec('c.compute.int', 'integer kernel in C on the host'),
  spec('c.compute.float', 'floating-point kernel in C on the host'),
  ...SIZES.map((bytes) => spec(`c.memcpy.${sizeName(bytes)}`, `memcpy of ${sizeText(bytes)}`, [], { bytes })),
  spec('c.call', 'call of a C function that does nothing, for scale'),
  spec('c.syscall', 'system call getppid, for scale'),
  spec('c.pthread', 'creation and join of a thread, for scale'),
  spec(
    'c.handoff',
    '50 us of work handed to a sleeping thread and waited for, 2,000 times a second: the tail of the machine itself',
  ),
  spec('c.fork_wait', 'fork of a small process and wait for its exit, for scale'),
  spec(
    'c.posix_spawn',
    'posix_spawn of a program that exits at once (static, no C library), and wait for it, for scale',
  ),
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
