/** Which built-in capabilities a layer grants, and with what subjects. */
import { resolve, sep } from 'node:path';
import { show } from '../validate.js';
import { permitsAddress } from './addresses.js';
import type { CompiledLayer } from './compile.js';
import { pathProblem, readUrl } from './subjects.js';

export interface BuiltinRule {
  /** Looks at the layer only; a section that it does not narrow is granted. */
  readonly isGranted: (layer: CompiledLayer) => boolean;
  /** What to add to a policy that does not grant it. */
  readonly advice: string;
  /** Why the layer refuses these arguments of a granted capability, or undefined. */
  readonly problem?: (layer: CompiledLayer, args: readonly unknown[]) => string | undefined;
}

const env: BuiltinRule = {
  isGranted: (layer) => layer.env === undefined || layer.env.size > 0,
  advice: 'list the variable in env',
};

function files(key: 'read' | 'write'): BuiltinRule {
  return {
    isGranted: ({ fs }) => fs === undefined || fs[key].length > 0,
    advice: `list the directory in fs.${key}`,
    problem: ({ fs }, [path]) => (fs === undefined ? undefined : pathReason(fs[key], path, key)),
  };
}

/** By hypercall name: one for each of `builtins`. */
export const builtinRules: ReadonlyMap<string, BuiltinRule> = new Map<string, BuiltinRule>([
  ['colony:console', { isGranted: (layer) => layer.console !== false, advice: 'add console: true' }],
  [
    'colony:clock',
    { isGranted: (layer) => layer.clock !== false, advice: 'add clock: true, or a fixed one: { fixed: 0 }' },
  ],
  [
    'colony:random',
    { isGranted: (layer) => layer.random !== false, advice: 'add random: true, or seeded: { seed: 1 }' },
  ],
  ['colony:env', { ...env, problem: (layer, [name]) => envReason(layer.env, name) }],
  ['colony:env.list', env],
  ['colony:fs.read', files('read')],
  ['colony:fs.list', files('read')],
  ['colony:fs.stat', files('read')],
  ['colony:fs.write', files('write')],
  [
    'colony:fetch',
    {
      isGranted: ({ fetch }) => fetch === undefined || fetch.length > 0,
      advice: 'list the origin in fetch',
      problem: ({ fetch }, [request]) => (fetch === undefined ? undefined : fetchReason(fetch, request)),
    },
  ],
]);

function envReason(listed: CompiledLayer['env'], name: unknown): string | undefined {
  if (listed === undefined) return undefined;
  if (typeof name !== 'string') return `the name of the variable is not a string: ${show(name)}`;
  return listed.has(name) ? undefined : `env does not list ${show(name)}`;
}

/** The lexical half; the one who opens the file (builtins/fs.ts) refuses links. */
function pathReason(directories: readonly string[], path: unknown, key: string): string | undefined {
  const problem = pathProblem(path);
  if (problem !== undefined) return problem;
  if (directoryOf(directories, resolve('/', path as string)) !== undefined) return undefined;
  return `${show(path)} is not below a directory that fs.${key} lists`;
}

/** The granted directory that a resolved path is in. */
export function directoryOf(directories: readonly string[], path: string): string | undefined {
  return directories.find(
    (directory) => path === directory || path.startsWith(directory.endsWith(sep) ? directory : directory + sep),
  );
}

/** Longest method, in characters; the longest registered one has 17. */
const MAX_METHOD = 64;

function fetchReason(granted: NonNullable<CompiledLayer['fetch']>, request: unknown): string | undefined {
  const given = (typeof request === 'object' && request !== null ? request : {}) as { url?: unknown; method?: unknown };
  if (typeof given.method !== 'string' || given.method.length > MAX_METHOD)
    return `the method is not a string of at most ${MAX_METHOD} characters`;
  const url = readUrl(given.url);
  if (typeof url === 'string') return url;
  const grants = granted.filter(({ origin, methods }) => origin === url.origin && methods.length > 0);
  if (grants.length === 0) return `fetch does not list the origin ${show(url.origin)}`;
  const method = given.method.toUpperCase();
  if (grants.some(({ methods }) => methods.includes(method))) return undefined;
  return `fetch does not list ${show(method)} for ${show(url.origin)}`;
}

/** Whether the layer lets the host of a URL that it allows have this address. */
export function allowsAddress({ fetch }: CompiledLayer, url: URL, method: string, address: string): boolean {
  if (fetch === undefined) return true;
  const grants = fetch.filter(({ origin, methods }) => origin === url.origin && methods.includes(method));
  return grants.some((grant) => permitsAddress(grant, url, address));
}
