/** Work of some length: the cost that isolation adds, and the length from which on it no longer matters. */
import type { Suite, Target } from '../../types.js';
import { floorGroup } from '../floor/c.js';
import { CRYPTO_IN_C, crypto } from './crypto.js';
import { CHARTS, FIB_IN_C, fib } from './fib.js';
import { javascript } from './javascript.js';

const TARGETS: readonly Target[] = [
  { what: 'fib(30) in a virtine against C on the host', subject: 'kvm.c.fib.30', floor: 'c.fib.30', atMost: 1.05 },
  { what: 'fib(25) in V8 in a virtine against Node', subject: 'kvm.v8.fib.25', floor: 'node.fib.25', atMost: 1.25 },
  {
    ...{ what: "AES-128-CBC of 16 KiB in a virtine (Wasp's paper, against OpenSSL: 17)", floor: 'c.aes128cbc.16KiB' },
    ...{ subject: 'kvm.c.aes128cbc.16KiB', atMost: 17 },
  },
];

export const work: Suite = {
  name: 'work',
  what: 'fib, base64, JSON, AES, SHA-256: the amount of work above which isolation costs less than 5%',
  headline: {
    question: 'How much work makes isolation nearly free?',
    answers: {
      'kvm.c.fib.0': 'fib(0) in C in a virtine: the call alone',
      'kvm.c.fib.30': 'fib(30) in C in a virtine',
      'kvm.js.json.256KiB': '256 KiB of JSON in JavaScript in a virtine',
      'kvm.v8.json.256KiB': '256 KiB of JSON in V8 in a virtine',
      'kvm.c.sha256.16KiB': 'SHA-256 of 16 KiB in a virtine',
    },
  },
  groups: [floorGroup('C on the host', [...FIB_IN_C, ...CRYPTO_IN_C]), fib, javascript, crypto],
  targets: TARGETS,
  charts: CHARTS,
};
