import { generateKeyPairSync } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createContext, js } from '@colony/core';
import { expect, it } from 'vitest';
import { kvmProblem } from '../../../scripts/lib/kvm.mjs';
import { colony, folderWith } from './lib.js';

const SOURCE = `#include <colony/virtine.h>
double total(const char *item, int amount) { return colony_as_double(colony_call("price", item)) * amount; }
COLONY_EXPORT(double, total, const char *, int);
`;

it('an image has its exports, its hypercalls and its segments', async () => {
  const cwd = folderWith({ 'shop.c': SOURCE });
  const { status, stdout } = await colony(['inspect', 'shop.c', '--json'], { cwd });
  expect(status).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({
    kind: 'image',
    exports: [{ name: 'total', result: 'double', parameters: ['const char *', 'int32_t'] }],
    hypercalls: ['price'],
    note: { abi: 1 },
  });
  const text = (await colony(['inspect', 'shop.c'], { cwd })).stdout;
  expect(text).toContain('double total(const char *, int32_t)');
  expect(text).toMatch(/r-x .* code/);
});

it('a file that is neither an image nor a snapshot is refused', async () => {
  const elf = new Uint8Array(256);
  elf.set([0x7f, 0x45, 0x4c, 0x46, 2, 1]);
  const cwd = folderWith({ 'text.txt': 'hello', 'broken.elf': elf });
  for (const name of ['text.txt', 'broken.elf', 'missing.elf']) {
    const outcome = await colony(['inspect', name], { cwd });
    expect(outcome, name).toMatchObject({ status: 2, stdout: '' });
    expect(outcome.stderr).toContain('error');
    expect(outcome.stderr).not.toContain('ERR_INTERNAL');
  }
});

it('a snapshot has program, backend and size; a damaged one is refused', async (context) => {
  const problem = kvmProblem();
  if (problem !== undefined) context.skip(problem);
  const cwd = folderWith({});
  const file = join(cwd, 'warm.snapshot');
  const frozen = await createContext({ backend: 'kvm', program: js`let n = 1; export const get = () => n;` });
  await (await frozen.snapshot()).save(file);
  await frozen.dispose();
  const { status, stdout } = await colony(['inspect', 'warm.snapshot', '--json'], { cwd });
  expect(status).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({
    kind: 'snapshot',
    backend: 'kvm',
    program: { kind: 'js' },
    signedBy: null,
  });
  expect((await colony(['run', 'warm.snapshot', '--call', 'get'], { cwd })).stdout).toBe('1\n');
  expect((await colony(['inspect', 'warm.snapshot'], { cwd })).stdout).toContain('no signer: as trusted as code');

  const bytes = readFileSync(file);
  bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] ?? 0) ^ 1;
  writeFileSync(file, bytes);
  expect(await colony(['inspect', 'warm.snapshot'], { cwd })).toMatchObject({
    status: 2,
    stderr: expect.stringContaining('ERR_SNAPSHOT_DAMAGED'),
  });
});

it('a signed snapshot has its signer, and runs only with the demanded signer', async () => {
  const keys = generateKeyPairSync('ed25519');
  const pem = (key: typeof keys.publicKey) => key.export({ format: 'pem', type: 'spki' }).toString();
  const cwd = folderWith({
    'mine.pem': pem(keys.publicKey),
    'other.pem': pem(generateKeyPairSync('ed25519').publicKey),
    'f.js': 'export default () => 1;',
  });
  const frozen = await createContext({ backend: 'wasm', program: js`export default () => 42;` });
  await (await frozen.snapshot()).save(join(cwd, 'signed.snapshot'), { key: keys.privateKey });
  await frozen.dispose();
  const { stdout } = await colony(['inspect', 'signed.snapshot', '--json'], { cwd });
  const { signedBy } = JSON.parse(stdout);
  expect(signedBy).toBe(`ed25519:${keys.publicKey.export({ format: 'jwk' }).x}`);
  expect((await colony(['inspect', 'signed.snapshot'], { cwd })).stdout).toContain(`signed by  ${signedBy}`);

  const run = (file: string, by: string) => colony(['run', file, '--signed-by', by], { cwd });
  for (const by of ['mine.pem', signedBy]) {
    expect(await run('signed.snapshot', by)).toMatchObject({ status: 0, stdout: '42\n' });
  }
  expect(await run('signed.snapshot', 'other.pem')).toMatchObject({
    status: 3,
    stdout: '',
    stderr: expect.stringContaining('ERR_SNAPSHOT_UNTRUSTED'),
  });
  const wrong: [string, string, RegExp][] = [
    ['signed.snapshot', 'missing.pem', /--signed-by: .*missing\.pem/],
    ['signed.snapshot', 'f.js', /an Ed25519 public key/],
    ['f.js', 'mine.pem', /--signed-by: only snapshots are signed/],
  ];
  for (const [file, by, message] of wrong) {
    expect(await run(file, by)).toMatchObject({ status: 2, stdout: '', stderr: expect.stringMatching(message) });
  }
});
