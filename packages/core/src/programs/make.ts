/** Makes programs. Only this code computes a program's hash; no caller can supply one. */
import type { NativeImages, ResolvedProgram } from '../backend.js';
import { hashParts } from './hash.js';
import type { AnyExports, Program } from './types.js';

type WithoutHash<T> = T extends unknown ? Omit<T, 'hash'> : never;

/** The content of a program. */
export type ProgramContent = WithoutHash<ResolvedProgram>;

/** Programs made here. Their hashes are computed, and only their bytes can change. */
const made = new WeakSet<object>();

/**
 * Returns a frozen program. `sources` is the content of a C file when it was read; other programs contain all their
 * content.
 */
export function makeProgram<E = AnyExports>(content: ProgramContent, sources?: Parts): Program<E> {
  const { kind, filename } = content;
  const hash = hashParts(sources ?? partsOf(content));
  const program = Object.freeze({ kind, filename, hash, resolved: Object.freeze({ ...content, hash }) });
  made.add(program);
  return program as Program<E>;
}

export const isMade = (program: object): boolean => made.has(program);

type Parts = readonly (string | Uint8Array)[];

function partsOf(content: ProgramContent): Parts {
  switch (content.kind) {
    case 'js':
      return ['js', content.filename, content.source, ...Object.entries(content.modules).flat()];
    case 'native':
      return content.image === undefined ? fatParts(content.images ?? {}) : ['image', content.image];
    case 'wasm':
      return ['wasm', content.module];
    case 'component':
      return ['component', content.component];
    case 'linux':
      return linuxParts(content);
    case 'v8':
      return ['v8', content.engine.hash, content.filename, content.source, ...Object.entries(content.modules).flat()];
  }
}

/** The lists are preceded by their lengths, so that an argument is never taken for a variable. */
function linuxParts({ filename, executable, files, args, env }: ProgramContent & { kind: 'linux' }): Parts {
  const places = files.flatMap((file) => {
    if ('content' in file) return ['content', file.path, file.content];
    return 'link' in file ? ['link', file.path, file.link] : ['host', file.path, file.host];
  });
  const texts = [`${args.length}`, ...args, ...Object.entries(env).flat()];
  return ['linux', filename, executable, `${files.length}`, ...places, ...texts];
}

export const TARGETS = ['virtine', 'wasm32', 'process'] as const satisfies readonly (keyof NativeImages)[];

function fatParts(images: NativeImages): Parts {
  return ['fat', ...TARGETS.flatMap((name) => (images[name] === undefined ? [] : [name, images[name]]))];
}
