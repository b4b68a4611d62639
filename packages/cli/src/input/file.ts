/** Checks a command's input file: it must exist, be readable, and have a kind that the command accepts. */
import { UsageError } from '../failure.js';
import { KINDS, type Kind, kindOf, readKind } from './kind.js';
import { fileWith, readStdin, STDIN } from './stdin.js';

interface Taken {
  readonly kinds: readonly Kind[];
  readonly text: string;
  /** Whether the command accepts standard input. */
  readonly stdin?: boolean;
  readonly hints?: Readonly<Partial<Record<Kind, string>>>;
}

const SOURCES: readonly Kind[] = ['script', 'commonjs', 'jsx', 'c'];

/** The kinds that each command accepts. */
export const TAKES = {
  run: {
    kinds: ['script', 'c', 'module', 'component', 'image', 'snapshot'],
    text: 'an ES module (.js, .mjs, .ts, .mts), a C file (.c), a WebAssembly module or component, a virtine image or a snapshot',
    stdin: true,
    hints: {
      commonjs: 'write it with import and export, and name it .mjs',
      jsx: 'compile it to JavaScript first, for example with esbuild',
    },
  },
  inspect: {
    kinds: ['image', 'c', 'snapshot'],
    text: 'a virtine image, a C file to build one from, or a snapshot',
    stdin: true,
  },
  types: {
    kinds: ['c', 'module', 'component'],
    text: 'a C file with virtines, or a WebAssembly module or component',
    stdin: true,
  },
  explain: { kinds: SOURCES, text: 'a TypeScript, JavaScript or C file with virtines' },
  build: {
    kinds: [...SOURCES, 'component'],
    text: 'a TypeScript, JavaScript or C file with virtines, or a WebAssembly component',
  },
  profile: { kinds: ['script', 'commonjs'], text: 'a program in TypeScript or JavaScript' },
} as const satisfies Readonly<Record<string, Taken>>;

export interface Input {
  /** A path, also for standard input. */
  readonly file: string;
  readonly kind: Kind;
}

async function fromStdin(language: string): Promise<Input> {
  const bytes = await readStdin('FILE');
  const kind = kindOf(`stdin.${language}`, bytes.subarray(0, 1024));
  const text = kind === 'script' || kind === 'c';
  return { file: fileWith(bytes, text ? `stdin.${language}` : 'stdin'), kind };
}

/** @param language of standard input, which has no name. @throws UsageError, or the system's error */
export async function inputFile(command: keyof typeof TAKES, file: string, language = 'js'): Promise<Input> {
  const { kinds, text, stdin = false, hints = {} }: Taken = TAKES[command];
  if (file === STDIN && !stdin) throw new UsageError(`colony ${command} takes ${text} by its name, not standard input`);
  const input = file === STDIN ? await fromStdin(language) : { file, kind: await readKind(file) };
  if (kinds.includes(input.kind)) return input;
  const hint = hints[input.kind];
  const name = file === STDIN ? 'standard input' : file;
  const message = `${name}: this is ${KINDS[input.kind]}; colony ${command} takes ${text}`;
  throw new UsageError(hint === undefined ? message : `${message}. ${hint[0]!.toUpperCase()}${hint.slice(1)}`);
}
