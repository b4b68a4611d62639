/** Files below granted directories. */
import { isAbsolute, resolve } from 'node:path';
import { joinPath, type OptionReader, show } from '../options/option-reader.js';
import { parseSize } from '../options/units.js';
import { directoryOf, type OpenFiles, openGrantedFiles } from './files/granted.js';
import { listDirectory, readFile, statFile, writeFile } from './files/serve.js';
import type { BuiltIn, GrantIncrease, Section, Uses } from './section.js';
import { pathProblem } from './subjects.js';

export interface FsGrant {
  /** Absolute directories. Everything below them is granted. */
  readonly fs?: {
    readonly read?: readonly string[];
    readonly write?: readonly string[];
    /**
     * Most bytes of one file that is read or written. Default 8 MiB, which the first layer may raise. A layer that
     * omits it does not narrow it.
     */
    readonly maxBytes?: number | string;
  };
}

export interface GrantedFiles {
  /** Absolute and normalized. */
  readonly read: readonly string[];
  readonly write: readonly string[];
  /** `undefined` if the layer omits it, as with limits. */
  readonly maxBytes: number | undefined;
}

export interface FsUse {
  readonly kind: 'fs.read' | 'fs.write';
  /** A file, or a directory that contains all files of the use. */
  readonly path: string;
}

const ACCESSES = ['read', 'write'] as const;
type Access = (typeof ACCESSES)[number];

const accessOf = (grant: string): Access => (grant === 'fs.write' ? 'write' : 'read');

const served = (
  access: Access,
  serve: BuiltIn<GrantedFiles, OpenFiles>['serve'],
): BuiltIn<GrantedFiles, OpenFiles> => ({
  grant: `fs.${access}`,
  advice: `list the directory in fs.${access}`,
  problem: (granted, [path]) => problem(granted, access, path),
  serve,
});

export const fsSection: Section<'fs', GrantedFiles, FsGrant['fs'], FsUse, OpenFiles> = {
  key: 'fs',
  grants: ['fs.read', 'fs.write'],
  denied: { read: [], write: [], maxBytes: undefined },
  read: readFiles,
  grantsAny: (granted, grant) => granted[accessOf(grant)].length > 0,
  prepare: (layers) =>
    openGrantedFiles(
      layers.find((layer) => layer !== undefined),
      mostFileBytes(layers),
    ),
  hypercalls: {
    'colony:fs.read': served('read', readFile),
    'colony:fs.write': served('write', writeFile),
    'colony:fs.list': served('read', listDirectory),
    'colony:fs.stat': served('read', statFile),
  },
  globals: ['colony.fs'],
  grantOf: ({ kind }) => kind,
  refusal: (granted, { kind, path }) => problem(granted, accessOf(kind), path),
  unused: (granted, uses) => ACCESSES.flatMap((access) => unusedDirectories(granted, access, uses)),
  least(uses) {
    const paths = (access: Access) =>
      [...new Set(uses.filter(({ kind }) => accessOf(kind) === access).map(({ path }) => path))].sort();
    const lists = ACCESSES.map((access) => [access, paths(access)] as const).filter(([, list]) => list.length > 0);
    return lists.length > 0 ? Object.fromEntries(lists) : undefined;
  },
  increases: (before, after) =>
    after === undefined
      ? [{ grant: 'fs', what: 'fs, any' }]
      : ACCESSES.flatMap((access) => moreDirectories(before, after, access)),
  jointIncreases(before, after) {
    const [was, is] = [mostFileBytes(before), mostFileBytes(after)];
    const grantsFiles = after.every((layer) => layer === undefined || layer.read.length + layer.write.length > 0);
    return is > was && grantsFiles ? [{ grant: 'fs', what: `fs.maxBytes: ${is}, was ${was}` }] : [];
  },
};

function readFiles(written: unknown, reader: OptionReader, path: string): GrantedFiles {
  const fs = reader.object(written, path, ['read', 'write', 'maxBytes']);
  const maxBytes = fs.maxBytes === undefined ? undefined : parseSize(fs.maxBytes);
  if (fs.maxBytes !== undefined && maxBytes === undefined)
    reader.fail(joinPath(path, 'maxBytes'), "a size such as '1 MiB'", fs.maxBytes);
  const directories = (access: Access) =>
    fs[access] === undefined
      ? []
      : reader.list(fs[access], joinPath(path, access), (item, at) => {
          const directory = reader.string(item, at);
          if (!isAbsolute(directory)) reader.fail(at, 'an absolute path', directory);
          return resolve(directory);
        });
  return { read: directories('read'), write: directories('write'), maxBytes };
}

/** Checks the path as text only. `files/serve.ts` opens the file and refuses links. */
function problem(granted: GrantedFiles, access: Access, path: unknown): string | undefined {
  const invalid = pathProblem(path);
  if (invalid !== undefined) return invalid;
  if (directoryOf(granted[access], resolve('/', path as string)) !== undefined) return undefined;
  return `${show(path)} is not below a directory that fs.${access} lists`;
}

const DEFAULT_FILE_BYTES = 8 * 1024 ** 2;

/** The first layer may raise the default and later ones can only lower it, as with limits. */
export function mostFileBytes(layers: readonly (GrantedFiles | undefined)[]): number {
  const [first, ...others] = layers.map((layer) => layer?.maxBytes);
  return others.reduce<number>((least, most) => Math.min(least, most ?? least), first ?? DEFAULT_FILE_BYTES);
}

function unusedDirectories(granted: GrantedFiles, access: Access, { known, unknown }: Uses<FsUse>): string[] {
  if (unknown.has(`fs.${access}`)) return [];
  const paths = known.filter(({ kind }) => accessOf(kind) === access).map(({ path }) => path);
  const isUsed = (directory: string) => paths.some((path) => directoryOf([directory], path) !== undefined);
  return granted[access].filter((directory) => !isUsed(directory)).map((path) => `fs.${access} '${path}'`);
}

function moreDirectories(before: GrantedFiles, after: GrantedFiles, access: Access): GrantIncrease[] {
  const grant = `fs.${access}`;
  return after[access]
    .filter((path) => directoryOf(before[access], path) === undefined)
    .map((path) => ({ grant, what: `${grant} '${path}'` }));
}
