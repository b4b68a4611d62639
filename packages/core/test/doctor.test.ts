import { expect, it } from 'vitest';
import { type DoctorFinding, doctor, registerBackend } from '../src/index.js';
import { fakeBackend } from './fake-backend.js';

const FINE: DoctorFinding = { check: 'a', ok: true, detail: 'is there' };
const WEAKER: DoctorFinding = { check: 'b', ok: false, optional: true, detail: 'is not there', remedy: 'install b' };
const BAD: DoctorFinding = { check: 'c', ok: false, detail: 'is broken', remedy: 'install c' };

it.each([
  ['works', [FINE], true],
  ['weaker', [FINE, WEAKER], true],
  ['fails', [FINE, WEAKER, BAD], false],
] as const)('%s', async (verdict, findings, works) => {
  registerBackend({ ...fakeBackend({ findings: [...findings] }), name: `fake-${verdict}` });
  expect(await doctor([`fake-${verdict}`])).toEqual([
    { backend: `fake-${verdict}`, installed: true, works, verdict, findings },
  ]);
});

it('a backend that cannot be loaded fails, with the reason', async () => {
  const [report] = await doctor(['no-such-backend']);
  expect(report).toMatchObject({ works: false, verdict: 'fails', error: expect.stringContaining('no-such-backend') });
});
