import { configure, virtine } from '@colony/compiler/runtime';
import { Errors } from 'typebox/schema';

configure({ backend: process.argv[2] ?? 'auto' });

/** Lists the places in which a value does not match its schema. */
const check = virtine(
  (schema: object, value: unknown) => {
    const [, errors] = Errors(schema, value);
    return errors.map(({ instancePath, message }) => `${instancePath}: ${message}`);
  },
  // A guest has no URL, which the validator needs only for schemas that refer to others.
  { accept: ['URL'], limits: { wallTime: '5 s', cpuTime: '1 min' } },
);

const person = {
  type: 'object',
  required: ['name', 'age'],
  properties: { name: { type: 'string', minLength: 2 }, age: { type: 'integer', minimum: 0 } },
};
console.log(await check(person, { name: 'Anna', age: 30 }));
console.log(await check(person, { name: 'A', age: -1 }));

// A schema from outside, with a pattern that takes as many steps as there are ways to cut the text: 2^40.
const slow = { type: 'string', pattern: '^(a+)+$' };
await check(slow, `${'a'.repeat(40)}!`).catch((error) => console.log('a slow pattern:', error.code));

console.log(await check(person, { name: 'Anna', age: 30 }));
await check.dispose();
