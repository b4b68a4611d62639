import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deflateRawSync } from 'node:zlib';
import { nativeProgram } from '../lib/native.mjs';
import { configure, dispose, library, look } from './header.mjs';

/** A gzip file with an extra field of so many bytes (RFC 1952). */
function gzip(extra) {
  const header = Buffer.from([0x1f, 0x8b, 8, 4, 0, 0, 0, 0, 0, 3, 0, 0]);
  header.writeUInt32LE(1_000_000_000, 4);
  header.writeUInt16LE(extra, 10);
  return Buffer.concat([header, Buffer.alloc(extra, 'x'), deflateRawSync('text'), Buffer.alloc(8)]);
}

const files = { good: gzip(20), evil: gzip(1000), 'good again': gzip(20) };

const folder = mkdtempSync(join(tmpdir(), 'colony-example-'));
try {
  console.log('in a process:');
  const paths = Object.entries(files).map(([name, bytes]) => {
    writeFileSync(join(folder, name), bytes);
    return join(folder, name);
  });
  const { stdout, signal } = spawnSync(await nativeProgram(library, import.meta.resolve('./native.c')), paths);
  console.log(`${stdout}and then ${signal}: what else it was doing is gone as well`);

  console.log('in virtines:');
  configure({ backend: process.argv[2] ?? 'auto' });
  for (const file of Object.values(files)) {
    try {
      const { whole, changed, extra } = await look(file, 128);
      console.log(`whole: ${Number(whole)}, changed: ${changed}, extra: ${extra}`);
    } catch (error) {
      console.log(error.code, error.details.fault?.kind ?? '');
    }
  }
} finally {
  await dispose();
  rmSync(folder, { recursive: true });
}
