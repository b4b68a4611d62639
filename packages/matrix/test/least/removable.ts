/**
 * Parts that can be removed from the programs of the proof without a change in any test: defects of the analysis, each
 * with its reason. The tests compare the list to their findings, in both directions.
 */

const KINDS =
  'a value is written by its kind, which the program chooses by data: that it never chooses this one is not seen';
const LIBC =
  'a part of a function of the C library that this program never gets to: the library is cut by functions, not by what they are asked';
const FILES = 'a function of stdout or stdin as files, held by a pointer in a table of the C library';
const SAFETY = 'it runs only where memory is damaged or full, or the host breaks the contract';

const SEAL = 'it takes away what makes code at run time, which none of these programs tries';

/** By name, without gcc's suffixes. */
export const C_REASONS: Readonly<Record<string, string>> = {
  runtime_abort: SAFETY,
  corrupt: SAFETY,
  '__stack_chk_fail = __stack_chk_fail_local': SAFETY,
  cbor_put_integer: KINDS,
  cbor_put_bool: KINDS,
  cbor_put_null: KINDS,
  cbor_put_undefined: KINDS,
  cbor_put_bytes: KINDS,
  cbor_put_double: KINDS,
  grow_request: 'the request of a host call could be longer than 512 bytes; how long its texts can be is not analysed',
  not_a:
    'the host could answer with a value of another type; what built-in capabilities answer is not known to the compiler',
  pad: LIBC,
  '__strerror_l = strerror_l': LIBC,
  strerror: LIBC,
  __lctrans: LIBC,
  '__lctrans_impl = dummy': LIBC,
  wctomb: LIBC,
  wcrtomb: LIBC,
  __shgetc: LIBC,
  __uflow: LIBC,
  __toread: LIBC,
  __lockfile: LIBC,
  __unlockfile: LIBC,
  '__aio_close = dummy': FILES,
  __stdio_close: FILES,
  __stdio_seek: FILES,
  '__lseek = lseek = lseek64': FILES,
  __syscall_ret: FILES,
  'a page of heap':
    'the heap grows by a page where it lacks one: those that are there from the start save calls of the host',
};

const IN_ALL = ['runtime_abort'];
const VALUES = ['cbor_put_bool', 'cbor_put_bytes', 'cbor_put_integer', 'cbor_put_null', 'cbor_put_undefined'];

/** By virtine. */
export const C_REMOVABLE: Readonly<Record<string, readonly string[]>> = {
  fib: IN_ALL,
  sha256: [...IN_ALL, 'a page of heap'],
  crc32: [...IN_ALL, 'a page of heap'],
  decode: [...IN_ALL, 'a page of heap'],
  evaluate: [
    ...[...IN_ALL, ...VALUES, 'corrupt', '__stack_chk_fail = __stack_chk_fail_local', 'a page of heap'],
    ...['pad', '__strerror_l = strerror_l', 'strerror', '__lctrans', '__lctrans_impl = dummy', 'wctomb', 'wcrtomb'],
    ...['__shgetc', '__uflow', '__toread', '__lockfile', '__unlockfile', '__aio_close = dummy', '__stdio_close'],
    ...['__stdio_seek', '__lseek = lseek = lseek64', '__syscall_ret'],
  ],
  price: [...IN_ALL, ...VALUES, 'grow_request'],
  day: [...IN_ALL, ...VALUES, 'cbor_put_double', 'not_a', 'a page of heap'],
  walk: [...IN_ALL, 'a page of heap'],
  ackermann: IN_ALL,
};

/** Parts and grants of TypeScript programs. */
export const TS_REASONS: Readonly<Record<string, string>> = {
  'function maker': SEAL,
  'statement __colony_seal();': SEAL,
};

/** In every program. */
export const TS_IN_ALL: readonly string[] = ['function maker', 'statement __colony_seal();'];

/** By program and virtine; a virtine that is not listed has none. */
export const TS_REMOVABLE: Readonly<Record<string, readonly string[]>> = {};
