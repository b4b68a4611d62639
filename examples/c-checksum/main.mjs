import { createHash } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { createContext, native } from '@colony/core';

const file = fileURLToPath(new URL('checksum.c', import.meta.url));
const context = await createContext({ backend: process.argv[2] ?? 'auto', program: native.c(file) });
try {
  const bytes = new TextEncoder().encode('An ant alone is helpless; a colony is not.');
  const digest = Buffer.from(await context.call('sha256', bytes)).toString('hex');
  console.log('sha256', digest);
  console.log('the same as node:crypto says:', digest === createHash('sha256').update(bytes).digest('hex'));
  console.log('crc32', (await context.call('crc32', bytes)).toString(16));
} finally {
  await context.dispose();
}
