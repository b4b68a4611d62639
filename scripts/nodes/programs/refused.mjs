// Runs under bun and deno, where the process backend cannot work: it must report that and the remedy before it starts
// anything.
import assert from 'node:assert/strict';
import { createContext, js } from '@colony/core';

const error = await createContext({ backend: 'process', program: js`export const f = () => 1;` }).catch(
  (thrown) => thrown,
);
assert.equal(error.code, 'ERR_BACKEND_UNAVAILABLE');
assert.match(error.message, /needs Node/);
console.log('ok');
