import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { execute } from '../dist/toolchain.js';

it('the generated ABI files agree with abi/abi.json', async () => {
  const script = fileURLToPath(new URL('../../../scripts/gen-abi.mjs', import.meta.url));
  expect(await execute(process.execPath, [script, '--check'])).toMatchObject({ code: 0, stderr: '' });
});
