import { configure, virtine } from '@colony/compiler/runtime';
import defaultsDeep from 'lodash-4.17.11/defaultsDeep.js';

configure({ backend: process.argv[2] ?? 'auto' });

/** A user's settings, filled up. lodash 4.17.11 follows `constructor.prototype` while it does so (CVE-2019-10744). */
const settings = (text: string): Record<string, unknown> => defaultsDeep({}, JSON.parse(text), { theme: 'light' });

/** Returns true if every new object has the attacker's property. */
const polluted = (): boolean => 'administrator' in {};

const isolated = virtine(
  (text: string) => {
    const { name } = settings(text);
    return { name, polluted: polluted() };
  },
  // lodash asks for the global object in a way that is code made at run time, and for Node's process where there is one.
  { accept: ['eval', 'process'], limits: { wallTime: '5 s' } },
);

const good = '{ "name": "Anna" }';
const evil = '{ "name": "Eve", "constructor": { "prototype": { "administrator": true } } }';

console.log('in virtines:');
for (const text of [good, evil, good]) {
  const { name, polluted } = await isolated(text);
  console.log(`${name}'s call: ${polluted}`);
}
console.log('this process, after them:', polluted());
await isolated.dispose();

console.log('in this process:');
for (const text of [good, evil, good]) {
  const { name } = settings(text);
  console.log(`${name}'s call: ${polluted()}`);
}
