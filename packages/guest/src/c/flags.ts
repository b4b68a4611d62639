/** Flags that a program may pass to its compiler: those that cannot name a file, a command or another output. */
import { normalize, resolve } from 'node:path';
import { ColonyError } from '@colony/core';
import { type ReadOption, text } from '@colony/core/options';

/** The compiler searches these folders for headers, in its own order. */
const FOLDER = /^-(?:I|isystem|iquote|idirafter)/;
const MACRO = /^-[DU]/;
const TAKES_VALUE = /^-(?:I|isystem|iquote|idirafter|D|U)$/;

/** Joins the alternatives of a pattern, written in columns. */
const anyOf = (lists: string): string => `(?:${lists.trim().split(/\s+/).join('|')})`;

/** Flags for code generation. None of them reads or writes a file, or changes the kind of object. */
const F_FLAGS = anyOf(String.raw`
  strict-aliasing strict-overflow wrapv wrapv-pointer trapv delete-null-pointer-checks strict-volatile-bitfields
  fast-math math-errno unsafe-math-optimizations finite-math-only signed-zeros trapping-math rounding-math
  reciprocal-math associative-math signaling-nans cx-limited-range cx-fortran-rules single-precision-constant
  excess-precision=\w+ fp-contract=\w+ fp-model=\w+ fp-exception-behavior=\w+ denormal-fp-math=[\w,-]+
  builtin builtin-\w+ common asm gnu89-inline freestanding hosted signed-char unsigned-char signed-bitfields
  unsigned-bitfields short-enums short-wchar pack-struct=\d+ visibility=\w+ zero-initialized-in-bss
  inline inline-[\w-]+ inline-limit=\d+ keep-inline-functions keep-static-functions keep-static-consts
  unroll-loops unroll-all-loops peel-loops split-loops unswitch-loops move-loop-invariants vectorize slp-vectorize
  tree-[\w-]+ ipa-[\w-]+ gcse gcse-[\w-]+ ira-[\w-]+=?\w* sched-[\w-]+=?\d* schedule-insns2? rename-registers web
  omit-frame-pointer optimize-sibling-calls optimize-strlen function-sections data-sections section-anchors
  merge-constants merge-all-constants align-(?:functions|loops|jumps|labels)(?:=[\d:]+)? jump-tables if-conversion2?
  crossjumping cse-follow-jumps cse-skip-blocks forward-propagate caller-saves combine-stack-adjustments compare-elim
  dce dse thread-jumps split-wide-types split-paths code-hoisting hoist-adjacent-loads store-merging
  reorder-blocks reorder-blocks-and-partition reorder-functions toplevel-reorder prefetch-loop-arrays
  partial-inlining expensive-optimizations defer-pop isolate-erroneous-paths-\w+ lifetime-dse=?\d? devirtualize
  stack-clash-protection stack-protector stack-protector-\w+ semantic-interposition plt trampolines
  sanitize=[\w,-]+ sanitize-trap=[\w,-]+ sanitize-recover=[\w,-]+ sanitize-undefined-trap-on-error
  max-errors=\d+ error-limit=\d+ message-length=\d+ diagnostics-color=\w+ diagnostics-show-caret
  diagnostics-show-option color-diagnostics caret-diagnostics show-column
  exceptions non-call-exceptions unwind-tables asynchronous-unwind-tables ident lto
`);

/** Instructions that the processor, or the engine of a Wasm module, must have. */
const M_FLAGS = anyOf(String.raw`
  mmx sse sse2 sse3 ssse3 sse4 sse4\.[12] sse4a avx avx2 avx512\w+ avx\w+ aes vaes pclmul vpclmulqdq sha gfni
  bmi bmi2 abm lzcnt popcnt fma fma4 f16c movbe adx rdrnd rdseed cx16 sahf fxsr crc32 prfchw fsgsbase
  xsave xsaveopt xsavec xsaves clflushopt clwb rdpid
  general-regs-only red-zone vzeroupper accumulate-outgoing-args omit-leaf-frame-pointer
  prefer-vector-width=\w+ fpmath=[\w+,]+ stackrealign recip recip=[\w,!]+ branch-cost=\d
  simd128 relaxed-simd bulk-memory sign-ext nontrapping-fptoint multivalue mutable-globals reference-types
  tail-call extended-const exception-handling atomics
`);

const ALONE = new RegExp(
  `^(?:${[
    '-O(?:[0-3]|s|z|g|fast)?',
    String.raw`-std=[\w:+]+|-ansi|-trigraphs|-pedantic|-pedantic-errors|-w|-pipe|-Qunused-arguments`,
    // A comma begins the arguments of another tool: `-Wp,`, `-Wa,`, `-Wl,`.
    String.raw`-W[\w+-]*(?:=[\w.+-]+)?`,
    '-g(?:[0-3]|gdb[0-3]?|dwarf(?:-[2-5])?|line-tables-only)?',
    String.raw`-m(?:arch|tune|cpu)=[\w.+-]+`,
    `-m(?:no-)?${M_FLAGS}`,
    `-f(?:no-)?${F_FLAGS}`,
  ].join('|')})$`,
);

/** Without `no-`, these flags make an object of another kind, which cannot be linked into a guest. */
const NOT_ALONE = /^-f(?:lto|sanitize=.*(?:address|memory|thread|leak|fuzzer|kcfi|cfi).*)$/;

/** The kernel generates the files in these folders, and reading them can have any effect. */
const KERNEL_FOLDERS = /^\/(?:proc|sys|dev)(?:\/|$)/;

const ALLOWED_FLAGS =
  '-D, -U, -I, -isystem, -iquote and -idirafter of folders, -O*, -g*, -W*, -w, -std=, -pedantic, -march=, -mtune=, ' +
  '-m and -f of what changes the code only';

const refused = (path: string, flag: string, why = 'cannot be used for a guest') =>
  new ColonyError('ERR_BAD_OPTION', `${path}: ${flag.slice(0, 200)} ${why}; allowed are ${ALLOWED_FLAGS}`, {
    details: { path },
  });

/**
 * Reads a list of flags, each as one word: `-I` and its folder are joined, so that no word is taken for another.
 * @throws ColonyError ERR_BAD_OPTION for a flag that is not allowed; the message names the allowed ones
 */
export const compilerFlags: ReadOption<readonly string[]> = (value, path, reader) => {
  const words = reader.list(value, path, (item, at) => text(item, at, reader));
  const flags: string[] = [];
  for (let i = 0; i < words.length; i++) {
    const at = `${reader.root}.${path}[${i}]`;
    const word = words[i]!;
    if (!TAKES_VALUE.test(word)) flags.push(checkFlag(word, at));
    else if (i + 1 < words.length) flags.push(checkFlag(word + words[++i]!, at));
    else throw refused(at, word, 'needs a value after it');
  }
  return flags;
};

function checkFlag(flag: string, path: string): string {
  if (/[\n\r\0]/.test(flag)) throw refused(path, JSON.stringify(flag), 'has a line break or a NUL');
  if (MACRO.test(flag)) {
    if (/^-[DU][A-Za-z_]/.test(flag)) return flag;
    throw refused(path, flag, 'has no name of a macro');
  }
  const [option] = FOLDER.exec(flag) ?? [];
  if (option !== undefined) return option + checkFolder(flag.slice(option.length), flag, path);
  if (ALONE.test(flag) && !NOT_ALONE.test(flag)) return flag;
  throw refused(path, flag);
}

function checkFolder(folder: string, flag: string, path: string): string {
  const full = resolve(folder);
  if (full === '/' || KERNEL_FOLDERS.test(full)) throw refused(path, flag, 'names no folder of headers');
  // The jail has no `sub` for `sub/../include`. To a compiler, a folder that begins with a dash or `=` means something
  // else.
  const plain = normalize(folder);
  return /^[-=]/.test(plain) ? `./${plain}` : plain;
}

/** Absolute paths of the folders that flags name. */
export const foldersOf = (flags: readonly string[]): string[] =>
  flags.flatMap((flag) => {
    const [option] = FOLDER.exec(flag) ?? [];
    return option === undefined ? [] : [resolve(flag.slice(option.length))];
  });
