import { readFileSync } from 'node:fs';
import { inflateSync } from 'node:zlib';
import { configure, dispose, pack, status, unpack } from './zlib.mjs';

configure({ backend: process.argv[2] ?? 'auto' });
const licence = readFileSync(new URL('../../LICENSE', import.meta.url));
const nameOf = (code) => Object.keys(status).find((name) => status[name] === code);

try {
  const packed = await pack(licence, 9, licence.length);
  console.log(`${licence.length} bytes of licence, packed: ${packed.to.length} (${nameOf(packed.result)})`);
  console.log("Node's own zlib reads it:", inflateSync(packed.to).equals(licence));
  const unpacked = await unpack(packed.to, licence.length);
  console.log('and so does the virtine:', licence.equals(unpacked.to));

  const bomb = await pack(new Uint8Array(2 ** 20), 9, 2 ** 12);
  console.log(
    `a bomb of ${bomb.to.length} bytes, with room for 64 KiB: ${nameOf((await unpack(bomb.to, 2 ** 16)).result)}`,
  );
  packed.to[1000] ^= 1;
  console.log('a flipped bit:', nameOf((await unpack(packed.to, licence.length)).result));
} finally {
  await dispose();
}
