// Suites are data, so their mistakes can be found without measuring.
import { describe, expect, it } from 'vitest';
import { choose } from '../src/select.js';
import { findSuite, suiteNames } from '../src/suites/index.js';
import { type Spec, specsOf } from '../src/types.js';

/** Words that lean on a row before or after: "the same by call", "the first by the addon", "the longest of those". */
const ANOTHER_ROW =
  /\bthe same\b|\bthe (first|second|next) (by|row)\b|\bof (it|that)\b|\b(them|those)\b|\ball of the above\b/;
/** A description is one line below its subject. */
const LONGEST = 120;

describe.each(suiteNames())('suite %s', (name) => {
  const suite = findSuite(name);
  const specs = specsOf(suite);
  const find = (subject: string) => specs.find((spec) => spec.subject === subject);

  it('subjects have unique names', () => {
    expect(new Set(specs.map(({ subject }) => subject)).size).toBe(specs.length);
  });

  it('descriptions do not refer to other rows, because tables are sorted by cost', () => {
    for (const { what, subject } of [...specs, ...suite.targets]) {
      expect(what, subject).toMatch(/\S/);
      expect(what, subject).not.toMatch(ANOTHER_ROW);
      expect(what.length, `${subject}: ${what}`).toBeLessThanOrEqual(LONGEST);
    }
  });

  it('every floor is a subject, of the same unit', () => {
    for (const { unit, floors } of specs) for (const floor of floors) expect(find(floor)?.unit).toBe(unit);
  });

  it('derived subjects come from measured ones', () => {
    for (const { derived } of specs)
      for (const source of derived?.from ?? []) expect(find(source)?.derived).toBe(undefined);
  });

  it('targets name existing subjects and floors', () => {
    for (const { subject, floor } of suite.targets) {
      expect(find(subject), subject).toBeDefined();
      if (floor !== null) expect(find(subject)?.floors).toContain(floor);
    }
  });

  it('points are in existing charts, all of one unit, and no chart is empty', () => {
    const charts = suite.charts ?? [];
    expect(new Set(charts.map(({ id }) => id)).size).toBe(charts.length);
    for (const { id } of charts) {
      const units = specs.filter(({ point }) => point?.chart === id).map(({ unit }) => unit);
      expect(new Set(units).size, id).toBe(1);
    }
    for (const { point } of specs) if (point !== undefined) expect(charts.map(({ id }) => id)).toContain(point.chart);
  });
});

describe('choosing subjects', () => {
  const spec = (subject: string, floors: string[] = [], from: string[] = []): Spec => ({
    ...{ subject, what: '', unit: 'us', floors },
    ...(from.length > 0 && { derived: { from, of: () => 0 } }),
  });
  const specs = [spec('a'), spec('b', ['a']), spec('c', ['b']), spec('d'), spec('e', [], ['c', 'd'])];

  it('brings floors and sources along, in the order of the suite', () => {
    expect(choose(specs, undefined)).toEqual(['a', 'b', 'c', 'd', 'e']);
    expect(choose(specs, '^c$')).toEqual(['a', 'b', 'c']);
    expect(choose(specs, 'e')).toEqual(['a', 'b', 'c', 'd', 'e']);
  });

  it('reports missing subjects', () => {
    expect(() => choose(specs, 'zzz')).toThrow('no subject matches zzz');
    expect(() => choose([spec('a', ['lost'])], undefined)).toThrow('lost');
    expect(() => findSuite('nothing')).toThrow("there is no suite 'nothing'; there are floor");
  });
});
