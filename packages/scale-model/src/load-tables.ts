/** Tables of the load suite's results. */
import type { Figure, Lookup } from './digest.js';
import { digits, duration, table } from './markdown.js';

const CELLS = ['kvm.js', 'kvm.c', 'wasm.js', 'wasm.c', 'process.js', 'process.c'];
/** The cells whose half load and bursts are measured. */
const SOME_CELLS = ['kvm.js', 'kvm.c', 'wasm.js', 'process.c'];
const CALLERS = [1, 2, 4, 8, 16, 32, 64];
const NONE = 'not measured';

/** Texts of the load suite's figures. */
class Texts {
  constructor(private readonly figures: Lookup) {}

  time(subject: string): string {
    const figure = this.#figure(subject);
    return figure === undefined ? NONE : duration(figure.median);
  }

  rate(subject: string): string {
    const figure = this.#figure(subject);
    return figure === undefined ? NONE : digits(figure.median);
  }

  ratio(above: string, below: string): string {
    const [one, other] = [this.#figure(above), this.#figure(below)];
    return one === undefined || other === undefined ? NONE : digits(one.median / other.median);
  }

  #figure(subject: string): Figure | undefined {
    return this.figures.find(subject, 'load');
  }
}

function throughput(texts: Texts): string {
  const rows = CELLS.map((cell) => [
    cell,
    ...CALLERS.map((callers) => texts.rate(`${cell}.callers.${callers}.rate`)),
    texts.time(`${cell}.callers.64.p99`),
  ]);
  return table(['calls a second, callers:', ...CALLERS.map(String), 'p99 of 64'], rows);
}

function halfLoad(texts: Texts): string {
  const rows = SOME_CELLS.map((cell) => [
    cell,
    ...['even', 'poisson'].flatMap((kind) => {
      const [median, p99] = [`${cell}.half.${kind}.median`, `${cell}.half.${kind}.p99`];
      return [texts.time(median), texts.time(p99), texts.ratio(p99, median)];
    }),
  ]);
  return table(['half load', 'even: median', 'p99', 'ratio', 'Poisson: median', 'p99', 'ratio'], rows);
}

/** The ways in which two callers run: the part of the subject, and the title. */
const PAIRS = [
  ['callers', 'null function by call, one event loop'],
  ['work', 'a millisecond of work by call'],
  ['threads', 'null function by callSync, a thread each'],
] as const;

function twoCallers(texts: Texts): string {
  const rows = ['js', 'c'].flatMap((language) =>
    PAIRS.map(([way, what]) => [
      `kvm, ${language}, ${what}`,
      texts.ratio(`kvm.${language}.${way}.1.each`, `kvm.${language}.${way}.2.each`),
    ]),
  );
  return table(['two callers to one', 'times the calls'], rows);
}

function bursts(texts: Texts): string {
  const rows = SOME_CELLS.map((cell) => [
    cell,
    ...['warm', 'cold', 'none'].flatMap((pool) =>
      ['latency', 'p99'].map((part) => texts.time(`${cell}.burst.${pool}.${part}`)),
    ),
  ]);
  return table(['burst to 500/s', 'warm: median', 'p99', 'cold: median', 'p99', 'no pool: median', 'p99'], rows);
}

function http(texts: Texts): string {
  const rows = ['native', 'kvm.js', 'wasm.js', 'process.js', 'ref.quickjs'].map((kind) => [
    kind,
    texts.time(`http.${kind}.latency`),
    texts.ratio(`http.${kind}.latency`, 'http.native.latency'),
    texts.rate(`http.${kind}.rate`),
  ]);
  return table(['HTTP', 'a request', 'to native', 'requests a second, 8 connections'], rows);
}

function kills(texts: Texts): string {
  const rows = ['kvm', 'wasm', 'process'].flatMap((backend) =>
    (backend === 'process' ? ['call'] : ['callSync', 'call']).map((mode) => [
      `${backend}, ${mode}`,
      ...['js', 'c', 'wasm'].flatMap((language) => {
        const name = `${backend}.${language}.kill.${mode}`;
        return [texts.time(name), texts.time(`${name}.worst`)];
      }),
    ]),
  );
  return table(['after the deadline', 'js: median', 'worst', 'C: median', 'worst', 'wasm: median', 'worst'], rows);
}

function lives(texts: Texts): string {
  const rows = ['fresh', 'kept'].map((kind) => [
    kind === 'fresh' ? '10,000, each called once' : '1,000, each with kept state',
    texts.rate(`live.${kind}.missing`),
    ...['all', 'create', 'call'].map((part) => texts.time(`live.${kind}.${part}`)),
  ]);
  return table(['contexts that live', 'missing', 'all of it', 'creating one', 'its first call'], rows);
}

export function loadTables(figures: Lookup): Record<string, string> {
  const texts = new Texts(figures);
  return {
    throughput: throughput(texts),
    half: halfLoad(texts),
    two: twoCallers(texts),
    bursts: bursts(texts),
    http: http(texts),
    kills: kills(texts),
    lives: lives(texts),
  };
}
