// A host process that a test ends: makes children in every state, reports that they exist, and waits for its end.
import { createContext, js } from '@colony/core';

const [leave = 'wait'] = process.argv.slice(2);
const policy = { hypercalls: { here: true, never: true }, limits: { wallTime: 300_000, cpuTime: 300_000 } };
const program = js(
  'export const loop = () => { host.here(); for (;;); }; export const wait = () => { host.here(); host.never(); }; export const one = () => 1;',
);
let here = () => {};
const context = await createContext({
  backend: 'process',
  program,
  hypercalls: { here: () => here(), never: () => new Promise(() => {}) },
  policy: /** @type {never} */ (policy),
});
await context.call('one');
await context.with({ state: 'keep' }).call('one');
if (leave === 'wait') {
  setInterval(() => {}, 1000);
  for (const name of ['loop', 'wait'])
    await new Promise((resolve) => {
      here = () => resolve(undefined);
      void context.call(name);
    });
}
console.log('READY');
if (leave === 'throw') throw new Error('on purpose');
