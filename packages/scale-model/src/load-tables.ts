/** Tables of the load suite's results. */
import type { Lookup } from './digest.js';
import { digits, duration, table } from './markdown.js';

const CELLS = ['kvm.js', 'kvm.c', 'wasm.js', 'wasm.c', 'process.js', 'process.c'];
const CALLERS = [1, 2, 4, 8, 16, 32, 64];
const NONE = 'not measured';

export function loadTables(figures: Lookup): Record<string, string> {
  const of = (subject: string) => figures.find(subject, 'load');
  const time = (subject: string) => {
    const figure = of(subject);
    return figure === undefined ? NONE : duration(figure.median);
  };
  const ratio = (above: string, below: string) => {
    const [one, other] = [of(above), of(below)];
    return one === undefined || other === undefined ? NONE : digits(one.median / other.median);
  };
  const rate = (subject: string) => {
    const figure = of(subject);
    return figure === undefined ? NONE : digits(figure.median);
  };
  const burst = (cell: string) =>
    ['warm', 'cold', 'none'].flatMap((pool) => ['latency', 'p99'].map((part) => time(`${cell}.burst.${pool}.${part}`)));
  const kills = ['kvm', 'wasm', 'process'].flatMap((backend) =>
    (backend === 'process' ? ['call'] : ['callSync', 'call']).map((mode) => [
      `${backend}, ${mode}`,
      ...['js', 'c', 'wasm'].flatMap((language) => {
        const name = `${backend}.${language}.kill.${mode}`;
        return [time(name), time(`${name}.worst`)];
      }),
    ]),
  );
  return {
    throughput: table(
      ['calls a second, callers:', ...CALLERS.map(String), 'p99 of 64'],
      CELLS.map((cell) => [
        cell,
        ...CALLERS.map((callers) => rate(`${cell}.callers.${callers}.rate`)),
        time(`${cell}.callers.64.p99`),
      ]),
    ),
    half: table(
      ['half load', 'even: median', 'p99', 'ratio', 'Poisson: median', 'p99', 'ratio'],
      ['kvm.js', 'kvm.c', 'wasm.js', 'process.c'].map((cell) => [
        cell,
        ...['even', 'poisson'].flatMap((kind) => {
          const [median, p99] = [`${cell}.half.${kind}.median`, `${cell}.half.${kind}.p99`];
          return [time(median), time(p99), ratio(p99, median)];
        }),
      ]),
    ),
    two: table(
      ['two callers to one', 'times the calls'],
      ['js', 'c'].flatMap((language) => [
        [
          `kvm, ${language}, null function by call, one event loop`,
          ratio(`kvm.${language}.callers.1.each`, `kvm.${language}.callers.2.each`),
        ],
        [
          `kvm, ${language}, a millisecond of work by call`,
          ratio(`kvm.${language}.work.1.each`, `kvm.${language}.work.2.each`),
        ],
        [
          `kvm, ${language}, null function by callSync, a thread each`,
          ratio(`kvm.${language}.threads.1.each`, `kvm.${language}.threads.2.each`),
        ],
      ]),
    ),
    bursts: table(
      ['burst to 500/s', 'warm: median', 'p99', 'cold: median', 'p99', 'no pool: median', 'p99'],
      ['kvm.js', 'kvm.c', 'wasm.js', 'process.c'].map((cell) => [cell, ...burst(cell)]),
    ),
    http: table(
      ['HTTP', 'a request', 'to native', 'requests a second, 8 connections'],
      ['native', 'kvm.js', 'wasm.js', 'process.js', 'ref.quickjs'].map((kind) => [
        kind,
        time(`http.${kind}.latency`),
        ratio(`http.${kind}.latency`, 'http.native.latency'),
        rate(`http.${kind}.rate`),
      ]),
    ),
    kills: table(['after the deadline', 'js: median', 'worst', 'C: median', 'worst', 'wasm: median', 'worst'], kills),
    lives: table(
      ['contexts that live', 'missing', 'all of it', 'creating one', 'its first call'],
      ['fresh', 'kept'].map((kind) => [
        kind === 'fresh' ? '10,000, each called once' : '1,000, each with kept state',
        rate(`live.${kind}.missing`),
        ...['all', 'create', 'call'].map((part) => time(`live.${kind}.${part}`)),
      ]),
    ),
  };
}
