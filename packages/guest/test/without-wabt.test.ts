/**
 * Only users who compile Wasm to machine code need wabt. Without it the package loads, and the error names the package
 * to install.
 */
import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it, onTestFinished } from 'vitest';

const guest = fileURLToPath(new URL('..', import.meta.url));

/** A copy of the package that does not find wabt. */
function copyWithoutWabt(): string {
  const folder = mkdtempSync(join(tmpdir(), 'colony-without-wabt-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const modules = join(folder, 'node_modules/@colony');
  mkdirSync(modules, { recursive: true });
  symlinkSync(join(guest, '../core'), join(modules, 'core'));
  for (const part of ['package.json', 'dist', 'boot', 'include', 'runtime', 'wasm'])
    cpSync(join(guest, part), join(modules, 'guest', part), { recursive: true });
  return folder;
}

const PROGRAM = `
import { buildWasmImage } from '@colony/guest';
const module = Buffer.from('0061736d01000000', 'hex');
const error = await buildWasmImage({ module, name: 'empty', cacheDir: process.cwd() }).catch((error) => error);
console.log(JSON.stringify({ code: error.code, message: error.message }));
`;

it('a Wasm module is refused with the package to install', { timeout: 300_000 }, async () => {
  const run = promisify(execFile)(process.execPath, ['--input-type=module', '-e', PROGRAM], { cwd: copyWithoutWabt() });
  const { code, message } = JSON.parse((await run).stdout);
  expect(code).toBe('ERR_COMPILE');
  expect(message).toContain('npm install wabt@1.0.39');
});
