/**
 * Sixty npm packages, each with ordinary calls. Plain and isolated results are equal, or the table gives the reason. If
 * the table is wrong, in either direction, the test fails. Outcomes: packages/docs/internals/synthesis.md.
 */
import { configure, disposeVirtines } from '@colony/compiler/runtime';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { licencesOf } from './npm/licences.js';
import { isRefused, run } from './npm/run.js';
import { ROWS } from './npm/table.js';
import { Project } from './ts/project.js';

const project = new Project({});
beforeAll(() => configure({ backend: 'wasm' }));
afterAll(() => disposeVirtines());

it.each(ROWS)('$name', async (row) => {
  const { outcome, calls, policy = {}, accept = [] } = row;
  const ran = await run(project, row);
  if (isRefused(ran)) {
    const expected = outcome !== undefined && 'refused' in outcome ? outcome.refused : [];
    expect(new Set(ran.map(({ subject }) => subject))).toEqual(new Set(expected));
    return;
  }
  const { plain, isolated, report } = ran;
  expect(outcome ?? {}).not.toHaveProperty('refused');
  expect(plain.map((result) => 'thrown' in result)).toEqual(plain.map((_, index) => index >= calls.length));
  expect(report.written ?? report.policy).toEqual(policy);
  expect(new Set(report.accepted.map(({ subject }) => subject))).toEqual(new Set(accept));
  const different = outcome !== undefined && 'different' in outcome ? outcome.different : {};
  expect(isolated).toStrictEqual(plain.map((result, index) => different[index] ?? result));
  for (const index of Object.keys(different)) expect(isolated[Number(index)]).not.toStrictEqual(plain[Number(index)]);
});

it('60 packages, of which 6 at most are refused or different', () => {
  expect(new Set(ROWS.map(({ name }) => name)).size).toBe(60);
  expect(ROWS.filter(({ outcome }) => outcome !== undefined).length).toBeLessThanOrEqual(6);
});

it('they and what they depend on have permissive licences', () => {
  const PERMISSIVE = /^(?:MIT|ISC|0BSD|BSD-[23]-Clause|Apache-2\.0|BlueOak-1\.0\.0|Zlib|PSF-2\.0)$/;
  const others = licencesOf(ROWS.map(({ name }) => name)).filter(
    ([, licence]) =>
      !licence
        .replace(/[()]/g, '')
        .split(' AND ')
        .every((licence) => PERMISSIVE.test(licence)),
  );
  expect(others).toEqual([]);
});
