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
  const rest = phase('unexplained', 'the rest of the call, in no other phase', [1, whole], ...taken);
  return { whole, title, phases: [...phases, rest] };
}

const codec = phase('codec', 'encoding the call and decoding its result', [1, 'phase.codec']);
const core = (mode: 'sync' | 'async') =>
  phase(
    'core',
    'validation, policy, limits, lifecycle (an empty backend less the codec)',
    [1, `phase.core.${mode}`],
    [-1, 'phase.codec'],
  );

function inside(of: string): Phase[] {
  return [
    phase('crossing N-API', 'arguments in, result out (run in kept state less its wall time)', [1, `${of}.kept`]),
    phase(
      'executor',
      'shell, frame, deadlines, dirty log (wall time less CPU time in KVM_RUN)',
      [1, `${of}.wall`],
      [-1, `${of}.cpu`],
    ),
    phase('entry and exit', 'one KVM_RUN with one exit (the C floor)', [1, 'c.entry']),
    phase(
      'guest',
      'scrub, runtime, function (CPU time in KVM_RUN less entry and exit)',
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
      'TypeScript of the kvm backend (its instance less the addon)',
      [1, `${of}.instance.sync`],
      [-1, `${of}.addon.sync`],
    ),
    ...inside(`${of}.addon`),
    phase(
      'reset',
      'cleaning the shell (run less a run in kept state)',
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
      'TypeScript of the kvm backend (its instance less the addon)',
      [1, `${of}.instance.async`],
      [-1, `${of}.addon.async`],
    ),
    ...inside(`${of}.addon`),
    phase(
      'thread hop',
      'to another thread and back, cleaning (asynchronous run less crossing and wall time)',
      [1, `${of}.addon.async`],
      [-1, `${of}.addon.wall`],
      [-1, `${of}.addon.kept`],
    ),
  ]);
}

function hypercalls(of: string, language: string): Stack {
  return withRest(`${of}.hypercalls10`, `kvm, ${language}, callSync with 10 hypercalls`, [
    phase('the call without', 'a call of this program without hypercalls', [1, `${of}.hypercalls0`]),
    phase('entries and exits', 'ten hypercalls of the C floor', [10, 'c.hypercall']),
    phase(
      'crossings, and the half of the guest',
      'N-API, guest codec (ten hypercalls by the addon less the C floor)',
      [1, `${of}.addon.hypercalls10`],
      [-1, `${of}.addon.hypercalls0`],
      [-10, 'c.hypercall'],
    ),
    phase("the host's codec", 'decoding ten requests and encoding ten replies', [10, 'phase.codec.hypercall']),
  ]);
}

/** Backends that report only wall and CPU time of a run. */
function reportedCall(of: string, title: string, mode: 'sync' | 'async'): Stack {
  return withRest(`${of}.${mode === 'sync' ? 'callSync' : 'call'}`, title, [
    codec,
    core(mode),
    phase('guest', 'CPU time that the backend reports for the run', [1, `${of}.told.cpu`]),
    phase(
      'run, not guest',
      'channel, processes, interruption (wall time of the run less its CPU time)',
      [1, `${of}.told.wall`],
      [-1, `${of}.told.cpu`],
    ),
    phase(
      'around the run',
      'fresh state, frames in and out (instance less the wall time of the run)',
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
  reportedCall('wasm.c', 'wasm, C, callSync', 'sync'),
  reportedCall('wasm.js', 'wasm, JavaScript, callSync', 'sync'),
  reportedCall('process.c', 'process, C, call', 'async'),
  reportedCall('process.js', 'process, JavaScript, call', 'async'),
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
