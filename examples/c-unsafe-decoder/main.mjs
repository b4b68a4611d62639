import { fileURLToPath } from 'node:url';
import { createContext, native } from '@colony/core';

const context = await createContext({
  backend: process.argv[2] ?? 'auto',
  program: native.c(fileURLToPath(new URL('decoder.c', import.meta.url))),
  policy: { limits: { memory: '2 MiB', wallTime: '2 s' } },
});

const good = Uint8Array.of(4, 2, 3, 35, 5, 46);
/** Runs of 255 that fill all memory behind the picture. */
const evil = new Uint8Array(2 + 2 * 4096).fill(255);

const show = (pixels) => Buffer.from(pixels).toString('latin1');
try {
  console.log('a good file:', show(await context.call('decode', good)));
  try {
    await context.call('decode', evil);
  } catch (error) {
    console.log('an evil file:', error.code, error.details.fault?.kind ?? '');
  }
  console.log('a good file:', show(await context.call('decode', good)));
} finally {
  await context.dispose();
}
