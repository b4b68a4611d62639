/** The phases of a call, and the formula of each from measured subjects, for the suite and for the table. */

export interface Phase {
  readonly name: string;
  readonly what: string;
  /** The phase is the sum of these subjects, each with its factor; each subject is measured by itself. */
  readonly sum: readonly (readonly [times: number, subject: string])[];
}

export interface Stack {
  /** The subject of the whole call. */
  readonly whole: string;
  readonly title: string;
  readonly phases: readonly Phase[];
}

const phase = (name: string, what: string, ...sum: Phase['sum'][number][]): Phase => ({ name, what, sum });

/** Adds the rest of the whole after all phases: the same subjects with negated factors. */
function withRest(whole: string, title: string, phases: readonly Phase[]): Stack {
  const taken = phases.flatMap(({ sum }) => sum.map(([times, subject]) => [-times, subject] as const));
  const rest = phase('unexplained', 'the whole less all of the above', [1, whole], ...taken);
  return { whole, title, phases: [...phases, rest] };
}

const codec = phase('codec', 'encoding the call and decoding its result', [1, 'phase.codec']);
const core = (mode: 'sync' | 'async') =>
  phase(
    'core',
    'validation, policy, limits, lifecycle: a call on a backend that runs nothing, less the codec',
    [1, `phase.core.${mode}`],
    [-1, 'phase.codec'],
  );

function inside(of: string): Phase[] {
  return [
    phase(
      'crossing N-API',
      "a run that is not cleaned after, less the hypervisor's own time: arguments in, result out",
      [1, `${of}.kept`],
    ),
    phase(
      'executor',
      "taking a shell, delivering the frame, deadlines, reading the dirty log: the run's time less that in KVM_RUN",
      [1, `${of}.wall`],
      [-1, `${of}.cpu`],
    ),
    phase('entry and exit', 'the C floor: KVM_RUN with one out', [1, 'c.entry']),
    phase(
      'guest',
      "thread's CPU time in KVM_RUN, less entry and exit: scrub, runtime, the function",
      [1, `${of}.cpu`],
      [-1, 'c.entry'],
    ),
  ];
}

function kvmSync(of: string, language: string): Stack {
  return withRest(`${of}.callSync`, `kvm, ${language}, callSync`, [
    codec,
    core('sync'),
    phase(
      'backend',
      "the KVM backend's TypeScript: its instance, less the addon",
      [1, `${of}.instance.sync`],
      [-1, `${of}.addon.sync`],
    ),
    ...inside(`${of}.addon`),
    phase(
      'reset',
      'cleaning the shell: what a run that is cleaned takes beyond one that keeps its state',
      [1, `${of}.addon.around`],
      [-1, `${of}.addon.kept`],
    ),
  ]);
}

function kvmAsync(of: string, language: string): Stack {
  return withRest(`${of}.call`, `kvm, ${language}, call`, [
    codec,
    core('async'),
    phase(
      'backend',
      "the KVM backend's TypeScript: its instance, less the addon",
      [1, `${of}.instance.async`],
      [-1, `${of}.addon.async`],
    ),
    ...inside(`${of}.addon`),
    phase(
      'thread hop',
      'an asynchronous run of the addon, less crossing and run: to the lane, and back into the event loop; cleaning, as far as the next call waits for it',
      [1, `${of}.addon.async`],
      [-1, `${of}.addon.wall`],
      [-1, `${of}.addon.kept`],
    ),
  ]);
}

function hypercalls(of: string, language: string): Stack {
  return withRest(`${of}.hypercalls10`, `kvm, ${language}, callSync with 10 hypercalls`, [
    phase('the call without', 'the same program with none', [1, `${of}.hypercalls0`]),
    phase('entries and exits', 'ten times the C floor of a hypercall', [10, 'c.hypercall']),
    phase(
      'crossings, and the half of the guest',
      'ten hypercalls by the addon alone, less their entries and exits: out of the hypervisor and back, coding in the guest',
      [1, `${of}.addon.hypercalls10`],
      [-1, `${of}.addon.hypercalls0`],
      [-10, 'c.hypercall'],
    ),
    phase("the host's codec", 'decoding ten requests and encoding ten replies', [10, 'phase.codec.hypercall']),
  ]);
}

/** Backends that report only wall and CPU time of a run. */
function told(of: string, title: string, mode: 'sync' | 'async'): Stack {
  return withRest(`${of}.${mode === 'sync' ? 'callSync' : 'call'}`, title, [
    codec,
    core(mode),
    phase('guest', "the run's CPU time, as the backend tells it", [1, `${of}.told.cpu`]),
    phase(
      'run, not guest',
      "the run's wall time less that: channel, processes, interruption",
      [1, `${of}.told.wall`],
      [-1, `${of}.told.cpu`],
    ),
    phase(
      'around the run',
      "the instance's time beyond the run's own: a fresh state, frames in and out",
      [1, `${of}.instance`],
      [-1, `${of}.told.wall`],
    ),
  ]);
}

export const STACKS: readonly Stack[] = [
  kvmSync('kvm.c', 'C'),
  kvmSync('kvm.js', 'JavaScript'),
  kvmAsync('kvm.c', 'C'),
  kvmAsync('kvm.js', 'JavaScript'),
  hypercalls('kvm.c', 'C'),
  hypercalls('kvm.js', 'JavaScript'),
  told('wasm.c', 'wasm, C, callSync', 'sync'),
  told('wasm.js', 'wasm, JavaScript, callSync', 'sync'),
  told('process.c', 'process, C, call', 'async'),
  told('process.js', 'process, JavaScript, call', 'async'),
];

const slug = (name: string) => name.replace(/\W+/g, '_');

export const phaseSubject = (stack: Stack, { name }: Phase) => `${stack.whole}.phase.${slug(name)}`;

/** Distinct subjects of a phase's formula. */
export const sources = ({ sum }: Phase) => [...new Set(sum.map(([, subject]) => subject))];

/** The phase's amount from the medians of `sources`, in their order. */
export function amountOf(phase: Phase, medians: readonly number[]): number {
  const from = sources(phase);
  return phase.sum.reduce((total, [times, subject]) => total + times * (medians[from.indexOf(subject)] ?? 0), 0);
}
