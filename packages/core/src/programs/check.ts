/** Reads a program as an option. A program from another copy of this package is made again from its parts. */
import { types } from 'node:util';
import { type LinuxFile, type LinuxProgram, type NativeImages, PROGRAM_KINDS } from '../backend.js';
import { joinPath, type OptionReader } from '../options/option-reader.js';
import { readExecutable } from './linux/executable.js';
import { isGuestPath } from './linux/paths.js';
import { isMade, makeProgram, type ProgramContent, TARGETS } from './make.js';
import { native } from './native.js';
import type { Program } from './types.js';

const EXPECTED = 'a program, such as js`...`, js.file(path), native.c(path) or linux(options)';

/** Programs of other copies, as first seen, so that caches recognize them. */
const remade = new WeakMap<object, Program<never>>();

/**
 * Returns a program whose hash is computed from its content, because caches of the whole process use it as their key.
 * @throws ColonyError with the reader's code
 */
export function readProgram(value: unknown, reader: OptionReader, path: string): Program<never> {
  if (!isPlain(value)) reader.fail(path, EXPECTED, value);
  if (isMade(value)) return value as Program<never>;
  const known = remade.get(value) ?? remake(new Parts(value, reader, path));
  remade.set(value, known);
  return known;
}

// Access to a proxy can throw at any time.
const isPlain = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !types.isProxy(value);

/** Reads and checks each part of an object once. */
class Parts {
  constructor(
    private readonly of: object,
    private readonly reader: OptionReader,
    private readonly path: string,
  ) {}

  get(key: string): unknown {
    return this.reader.look(joinPath(this.path, key), () => (this.of as Record<string, unknown>)[key]);
  }

  inner(key: string, expected: string): Parts {
    const value = this.get(key);
    return isPlain(value) ? new Parts(value, this.reader, joinPath(this.path, key)) : this.fail(key, expected, value);
  }

  fail(key: string, expected: string, got: unknown): never {
    this.reader.fail(joinPath(this.path, key), expected, got);
  }

  text(key: string, expected = 'a string'): string {
    const value = this.get(key);
    return typeof value === 'string' ? value : this.fail(key, expected, value);
  }

  bytes(key: string): Uint8Array {
    const value = this.get(key);
    if (!types.isUint8Array(value)) this.fail(key, 'a Uint8Array', value);
    return this.reader.look(joinPath(this.path, key), () => new Uint8Array(value));
  }

  texts(key: string, expected = 'source texts by name'): Readonly<Record<string, string>> {
    const inner = this.inner(key, expected);
    const names = this.reader.look(joinPath(this.path, key), () => Object.keys(inner.of));
    return Object.freeze(Object.fromEntries(names.map((name) => [name, inner.text(name)])));
  }

  list<T>(key: string, read: (parts: Parts, index: string) => T): readonly T[] {
    const inner = this.inner(key, 'an array');
    return this.reader.list(inner.of, joinPath(this.path, key), (_, at) =>
      read(inner, at.slice(at.lastIndexOf('[') + 1, -1)),
    );
  }
}

function remake(program: Parts): Program<never> {
  const resolved = program.inner('resolved', 'the parts of a program');
  // The hash covers the content of the C file when it was read, so the file is read again.
  if (resolved.get('cFile') !== undefined)
    return native.c(resolved.text('cFile'), { flags: resolved.get('cFlags') as string[] });
  const own = makeProgram<never>(contentOf(resolved));
  for (const parts of [program, resolved]) {
    for (const key of ['kind', 'filename', 'hash'] as const) {
      const value = parts.get(key);
      if (value !== own[key]) parts.fail(key, `${JSON.stringify(own[key])}, which is that of its content`, value);
    }
  }
  return own;
}

function contentOf(parts: Parts): ProgramContent {
  const kind = PROGRAM_KINDS.find((known) => known === parts.get('kind'));
  const filename = parts.text('filename');
  switch (kind) {
    case 'js':
      return { kind, filename, source: parts.text('source'), modules: parts.texts('modules') };
    case 'native':
      if (parts.get('image') !== undefined) return { kind, filename, image: parts.bytes('image') };
      return { kind, filename, images: imagesOf(parts.inner('images', 'images by target')) };
    case 'wasm':
      return { kind, filename, module: parts.bytes('module') };
    case 'component':
      return { kind, filename, component: parts.bytes('component') };
    case 'linux':
      return {
        kind,
        filename,
        // The hash covers the executable's bytes, which only its file has.
        executable: readExecutable(filename).digest,
        files: parts.list('files', (files, index) => fileOf(files.inner(index, 'a file'))),
        args: parts.list('args', (args, index) => args.text(index)),
        env: parts.texts('env', 'variables by name'),
      };
    case 'v8':
      return {
        kind,
        filename,
        source: parts.text('source'),
        modules: parts.texts('modules'),
        engine: engineOf(parts.inner('engine', 'the parts of a Linux program')),
      };
    default:
      return parts.fail('kind', `one of ${PROGRAM_KINDS.join(', ')}`, parts.get('kind'));
  }
}

function engineOf(parts: Parts): LinuxProgram {
  const content = contentOf(parts);
  if (content.kind !== 'linux') parts.fail('kind', "'linux'", content.kind);
  return makeProgram(content).resolved as LinuxProgram;
}

function fileOf(parts: Parts): LinuxFile {
  const path = parts.text('path');
  if (!isGuestPath(path)) parts.fail('path', 'an absolute, normalized path', path);
  if (parts.get('content') !== undefined) return Object.freeze({ path, content: parts.bytes('content') });
  if (parts.get('link') !== undefined) return Object.freeze({ path, link: parts.text('link') });
  return Object.freeze({ path, host: parts.text('host') });
}

function imagesOf(parts: Parts): NativeImages {
  const targets = TARGETS.filter((target) => parts.get(target) !== undefined);
  return Object.freeze(Object.fromEntries(targets.map((target) => [target, parts.bytes(target)])));
}
