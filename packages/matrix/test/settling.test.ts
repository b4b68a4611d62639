/** The end of a call, on every backend: as `await` defines it, without effects on the next call. */
import { type Context, createContext, js } from '@colony/core';
import { BACKENDS } from '@colony/matrix';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeOn } from './lib.js';

const SOURCE = `
const later = (text) => Promise.resolve().then(() => host.note(text));
export const throws = () => { later('late'); throw new RangeError('own'); };
export const rejects = async () => { later('late'); throw new RangeError('own'); };
export const getter = () => { later('late'); return { get then() { throw new RangeError('own'); } }; };
export const nothing = () => {};

const thenables = {
  nested: () => ({ then: (done) => done({ then: (again) => again('inner') }) }),
  first: () => ({ then: (done) => { done('first'); done('second'); } }),
  throwing: () => ({ then: (done) => { done('kept'); throw new Error('unseen'); } }),
  asked: () => { let asked = 0; return { get then() { asked++; return (done) => done(asked); } }; },
  ofFunction: () => Object.assign(() => {}, { then: (done) => done('function') }),
  overridden: () => Object.assign(Promise.resolve(1), { then: (done) => done('own then') }),
  order: () => { const all = []; return { then: (done) => { all.push('then'); done(all.join()); all.push('after'); } }; },
};
export const plain = (name) => thenables[name]();
export const async = async (name) => thenables[name]();
`;
const THENABLES = ['nested', 'first', 'throwing', 'asked', 'ofFunction', 'overridden', 'order'];

for (const backend of BACKENDS) {
  describeOn(backend, 'what a call ends with', () => {
    const told: unknown[] = [];
    let context: Context;
    beforeAll(async () => {
      const hypercalls = { note: (text: unknown) => void told.push(text) };
      const policy = { hypercalls: { note: {} }, limits: { wallTime: '2 min', cpuTime: '2 min' } };
      context = await createContext({ backend, program: js(SOURCE), hypercalls, policy });
    }, 300_000);
    afterAll(() => context?.dispose());

    it.each(['throws', 'rejects', 'getter'])('jobs of a call that %s end before the call', async (name) => {
      const kept = context.with({ state: 'keep' });
      for (const caller of [context, kept]) {
        told.length = 0;
        await expect(caller.call(name)).rejects.toMatchObject({ details: { guest: { name: 'RangeError' } } });
        expect(told).toEqual(['late']);
      }
      await kept.call('nothing');
      expect(told).toEqual(['late']);
      await context.reset();
    });

    it.each(THENABLES)('a thenable is treated as by `await`: %s', async (name) => {
      const value = await context.call('plain', name);
      expect(value).toEqual(await context.call('async', name));
      expect(typeof value).toMatch(/string|number/);
    });
  });
}
