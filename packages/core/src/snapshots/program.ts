/**
 * The form of programs in snapshot files: all their content as texts and bytes. A file contains no paths, flags or
 * hashes. Its content is hashed again when it is read. Linux programs are the exception: their files are too large, so
 * the paths and the executable's hash are stored. The executable is compared with it before it is run again.
 */
import { types } from 'node:util';
import type { LinuxFile, LinuxProgram, NativeImages, ProgramKind, ResolvedProgram } from '../backend.js';
import { ColonyError } from '../errors.js';
import { isGuestPath } from '../programs/linux/paths.js';
import { makeProgram, type ProgramContent, TARGETS } from '../programs/make.js';
import type { Program } from '../programs/types.js';

/** `[kind, filename, ...]`; `undefined` marks an absent part. */
export type ProgramParts = readonly unknown[];

/**
 * Returns the parts of a program. `built` is the backend's build of a C file; the C source is not stored.
 * @throws ColonyError ERR_UNSUPPORTED
 */
export function programParts(program: ResolvedProgram, built: NativeImages | undefined): ProgramParts {
  const { kind, filename } = program;
  switch (program.kind) {
    case 'js':
      return [kind, filename, program.source, Object.entries(program.modules).flat()];
    case 'native':
      return [kind, filename, ...imageParts(program, built)];
    case 'wasm':
      return [kind, filename, program.module];
    case 'component':
      return [kind, filename, program.component];
    case 'linux':
      return linuxParts(program);
    case 'v8':
      return [kind, filename, program.source, Object.entries(program.modules).flat(), linuxParts(program.engine)];
  }
}

type NativeProgram = ResolvedProgram & { kind: 'native' };

function imageParts({ image, images, cFile, filename }: NativeProgram, built: NativeImages | undefined): unknown[] {
  const choices = cFile === undefined ? images : built;
  if (image === undefined && choices === undefined) {
    throw new ColonyError('ERR_UNSUPPORTED', `${filename}: the backend does not report its builds of the C file`);
  }
  return [image, ...TARGETS.map((target) => (image === undefined ? choices?.[target] : undefined))];
}

const linuxParts = ({ kind, filename, executable, files, args, env }: LinuxProgram): ProgramParts => [
  kind,
  filename,
  executable,
  files.map(filePart),
  args,
  envPart(env),
];

function filePart(file: LinuxFile): readonly unknown[] {
  if ('content' in file) return [file.path, 'content', file.content];
  return 'link' in file ? [file.path, 'link', file.link] : [file.path, 'host', file.host];
}

const envPart = (env: Readonly<Record<string, string>>) => Object.entries(env).flat();

/** Returns the program, or `undefined` if the parts are invalid. */
export function readProgramParts(parts: unknown): Program | undefined {
  if (!Array.isArray(parts)) return undefined;
  const [kind, filename, ...rest] = parts as readonly unknown[];
  if (!isText(kind) || !Object.hasOwn(READERS, kind) || !isText(filename)) return undefined;
  const content = READERS[kind as ProgramKind](filename, rest);
  return content === undefined ? undefined : makeProgram(content);
}

type ReadParts = (filename: string, rest: readonly unknown[]) => ProgramContent | undefined;

const READERS: Readonly<Record<ProgramKind, ReadParts>> = {
  js: (filename, [source, modules, ...more]) =>
    isText(source) && isTexts(modules) && modules.length % 2 === 0 && more.length === 0
      ? { kind: 'js', filename, source, modules: byName(modules) }
      : undefined,
  native: (filename, [image, ...images]) => {
    if (images.length !== TARGETS.length || ![image, ...images].every((item) => item === undefined || isBytes(item)))
      return undefined;
    const present = TARGETS.flatMap((target, index) => (images[index] === undefined ? [] : [[target, images[index]]]));
    if ((image === undefined) === (present.length === 0)) return undefined;
    return image === undefined
      ? { kind: 'native', filename, images: Object.freeze(Object.fromEntries(present)) }
      : { kind: 'native', filename, image: image as Uint8Array };
  },
  wasm: (filename, [module, ...more]) =>
    isBytes(module) && more.length === 0 ? { kind: 'wasm', filename, module } : undefined,
  component: (filename, [component, ...more]) =>
    isBytes(component) && more.length === 0 ? { kind: 'component', filename, component } : undefined,
  linux: (filename, [executable, files, args, env, ...more]) => {
    if (!isText(executable) || !isTexts(args) || !isTexts(env) || env.length % 2 !== 0 || more.length > 0)
      return undefined;
    const read = Array.isArray(files) ? files.map(readFilePart) : [undefined];
    if (!read.every((file) => file !== undefined)) return undefined;
    return { kind: 'linux', filename, executable, files: read, args, env: byName(env) };
  },
  v8: (filename, [source, modules, engine, ...more]) => {
    if (!isText(source) || !isTexts(modules) || modules.length % 2 !== 0 || more.length > 0) return undefined;
    const read = readProgramParts(engine)?.resolved;
    return read?.kind === 'linux'
      ? { kind: 'v8', filename, source, modules: byName(modules), engine: read }
      : undefined;
  },
};

function readFilePart(part: unknown): LinuxFile | undefined {
  if (!Array.isArray(part) || part.length !== 3) return undefined;
  const [path, kind, value] = part as readonly unknown[];
  if (!isText(path) || !isGuestPath(path)) return undefined;
  if (kind === 'content' && isBytes(value)) return { path, content: value };
  if (!isText(value)) return undefined;
  if (kind === 'link') return { path, link: value };
  return kind === 'host' ? { path, host: value } : undefined;
}

const isText = (value: unknown): value is string => typeof value === 'string';
const isTexts = (value: unknown): value is string[] => Array.isArray(value) && value.every(isText);
const isBytes = types.isUint8Array;

function byName(flat: readonly string[]): Readonly<Record<string, string>> {
  const pairs = flat.flatMap((name, index) => (index % 2 === 0 ? [[name, flat[index + 1]!] as const] : []));
  return Object.freeze(Object.fromEntries(pairs));
}
