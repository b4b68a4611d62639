/** Memory per context when there are many, in separate processes. */
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Chart, Group, Sampler, Spec } from '../../types.js';
import { type BackendName, boundaryOf, LANGUAGE_TEXT, type Language } from '../cells.js';
import { counted, spec } from '../spec.js';
import { CONTEXTS } from './points.js';
import type { Population } from './population.js';

const entry = fileURLToPath(new URL('./population.js', import.meta.url));

export const CHART: Chart = {
  id: 'scale.memory',
  title: 'Memory of a context against the number of contexts',
  caption:
    'The left end is the memory of the first context with its engine, backend and pool; the right end is the memory that one more adds. All contexts are of one program: idle ones share everything, a context with kept state has its own. Kernel memory is not included.',
  x: { label: 'contexts alive', scale: 'log' },
  y: { label: 'Pss of this process and its children, KiB a context', scale: 'log' },
};

interface Line {
  readonly backend: BackendName;
  readonly language: Language;
  readonly state: Population['state'];
  /** The largest sensible number of contexts, and the reason. */
  readonly most: number;
  readonly because?: string;
}

const LINES: readonly Line[] = [
  { backend: 'kvm', language: 'js', state: 'idle', most: 10_000 },
  { backend: 'kvm', language: 'js', state: 'kept', most: 10_000 },
  { backend: 'kvm', language: 'c', state: 'kept', most: 10_000 },
  { backend: 'wasm', language: 'js', state: 'idle', most: 10_000 },
  {
    ...{ backend: 'wasm', language: 'js', state: 'kept', most: 100 },
    because: 'each is an engine of some MiB',
  },
  { backend: 'process', language: 'js', state: 'idle', most: 10_000 },
  {
    ...{ backend: 'process', language: 'c', state: 'kept', most: 100 },
    because: 'the default limit is 256 processes',
  },
  {
    ...{ backend: 'process', language: 'js', state: 'kept', most: 10 },
    because: 'each is a Node process',
  },
];

function contextsText(count: number, { language, state }: Line): string {
  const contexts = `${LANGUAGE_TEXT[language]} context`;
  return state === 'idle' ? counted(count, `idle ${contexts}`) : `${counted(count, contexts)} with kept state`;
}

const nameOf = ({ backend, language, state }: Line) => `${backend}.${language}.${state}`;
const countsOf = ({ most }: Line) => CONTEXTS.filter((count) => count <= most);
const subjectOf = (line: Line, count: number) => `${nameOf(line)}.memory.${count}`;

const SPECS: readonly Spec[] = LINES.flatMap((line) =>
  countsOf(line).map((count) => {
    const limit = line.because && count === line.most ? `; no more, as ${line.because}` : '';
    const contexts = contextsText(count, line);
    const what = `memory (Pss) per context, ${contexts}, on ${line.backend}${limit}`;
    return spec(subjectOf(line, count), what, [], {
      ...{ unit: 'KiB', once: true, boundary: boundaryOf(line.backend, line.language) },
      point: { chart: CHART.id, line: `${line.backend} ${line.language}, ${line.state}`, x: count },
    });
  }),
);

function hold(population: Population): Promise<number[]> {
  return new Promise((resolve, reject) => {
    const child = fork(entry, { execArgv: ['--expose-gc'], stdio: ['ignore', 'inherit', 'pipe', 'ipc'] });
    let problem = '';
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      problem += text;
    });
    child.once('message', (values: number[]) => resolve(values));
    child.once('error', reject);
    child.once('close', (status) =>
      reject(new Error(/^\w*Error.*$/m.exec(problem)?.[0] ?? `it ended with status ${status}`)),
    );
    child.send(population);
  });
}

/** One process per line: it stops at each count, and all subjects of the line get their number from it. */
function samplersOf(line: Line, quick: boolean): [string, Sampler][] {
  const counts = countsOf(line);
  let held: Promise<number[]> | undefined;
  const all = () => {
    // A quick run keeps every count, but divides it.
    const fewer = counts.map((count) => (quick ? Math.ceil(count / 100) : count));
    const { backend, language, state } = line;
    held ??= hold({ backend, language, state, counts: fewer, rest: quick ? 20 : 300 });
    return held;
  };
  return counts.map((count, index) => [subjectOf(line, count), async () => (await all()).slice(index, index + 1)]);
}

export const memory: Group = {
  name: 'memory of many contexts',
  specs: SPECS,
  async open({ quick }) {
    return {
      samplers: Object.fromEntries(LINES.flatMap((line) => samplersOf(line, quick))),
      close: async () => {},
    };
  },
};
