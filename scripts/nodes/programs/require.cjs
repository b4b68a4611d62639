// Colony's packages are ES modules without top-level await, so `require` loads them from Node 20.19 on.
const assert = require('node:assert/strict');
const { createContext, js } = require('@colony/core');
const { errorCodes } = { errorCodes: require('@colony/core').ERROR_CODES };

async function main() {
  assert.ok(errorCodes.includes('ERR_DISPOSED'));
  const context = await createContext({ backend: 'wasm', program: js`export const add = (a, b) => a + b;` });
  assert.equal(await context.call('add', 2, 3), 5);
  await context.dispose();
  console.log('ok');
}

main();
