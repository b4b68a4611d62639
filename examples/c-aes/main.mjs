import { createDecipheriv } from 'node:crypto';
import { aes_ctr, configure, dispose } from './aes.mjs';

configure({ backend: process.argv[2] ?? 'auto' });

// NIST SP 800-38A, F.5.1: the standard's own example.
const key = Buffer.from('2b7e151628aed2a6abf7158809cf4f3c', 'hex');
const counter = Buffer.from('f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff', 'hex');
const text = Buffer.from('6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51', 'hex');

try {
  const { data } = await aes_ctr(key, counter, text);
  console.log('encrypted:', Buffer.from(data).toString('hex'));
  const long = Buffer.alloc(100_001, 'colony');
  const { data: secret } = await aes_ctr(key, counter, long);
  console.log('OpenSSL reads it:', createDecipheriv('aes-128-ctr', key, counter).update(secret).equals(long));
  await aes_ctr(key.subarray(1), counter, text).catch((error) => console.log(error.code, error.message));
} finally {
  await dispose();
}
