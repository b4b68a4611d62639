// A host process that a test ends: makes children of every state, tells that they are there, and waits for its end.
import { createContext, js } from '@colony/core';

const [leave = 'wait'] = process.argv.slice(2);
const policy = { hypercalls: { never: true }, limits: { wallTime: 60_000, cpuTime: 60_000 } };
const program = js(
  'export const loop = () => { for (;;); }; export const wait = () => host.never(); export const one = () => 1;',
);
const context = await createContext({
  backend: 'process',
  program,
  hypercalls: { never: () => new Promise(() => {}) },
  policy: /** @type {never} */ (policy),
});
await context.call('one');
await context.with({ state: 'keep' }).call('one');
if (leave === 'wait') {
  void context.call('loop');
  void context.call('wait');
  setInterval(() => {}, 1000);
  await new Promise((resolve) => setTimeout(resolve, 1500));
}
console.log('READY');
if (leave === 'throw') throw new Error('on purpose');
