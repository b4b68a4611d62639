/**
 * Reads a module file with its relative imports, recursively. It bundles nothing, so that stack traces stay correct.
 */
import { readFileSync } from 'node:fs';
import { dirname, posix, relative, resolve, sep } from 'node:path';
import { parse } from 'es-module-lexer/js';
import { ColonyError } from '../errors.js';
import { stripTypes } from './strip.js';

const TYPESCRIPT = /\.[cm]?ts$/;
const MAX_MODULES = 1000;

export interface SourceTree {
  readonly filename: string;
  readonly source: string;
  readonly modules: Readonly<Record<string, string>>;
}

function fail(message: string, cause?: unknown): never {
  throw new ColonyError('ERR_COMPILE', message, cause === undefined ? undefined : { cause });
}

/** Reads a module. `./a.js` may refer to `a.ts`, as in TypeScript. */
function readModule(path: string, importer?: string): { path: string; text: string } {
  const candidates = [path, path.replace(/\.([cm]?)js$/, '.$1ts')];
  for (const candidate of new Set(candidates)) {
    try {
      return { path: candidate, text: readFileSync(candidate, 'utf8') };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') fail(`${candidate}: ${(error as Error).message}`, error);
    }
  }
  return fail(`${path}: there is no such file${importer === undefined ? '' : ` (imported by ${importer})`}`);
}

function importsOf(source: string, filename: string): string[] {
  try {
    const [imports] = parse(source, filename);
    return imports.flatMap(({ n, d }) => (n !== undefined && d !== -2 ? [n] : []));
  } catch (error) {
    const line = source.slice(0, (error as { idx?: number }).idx ?? 0).split('\n').length;
    return fail(`${filename}:${line}: it does not parse`, error);
  }
}

/** Reads `file` and all its imports. Names are relative to the deepest directory that contains them all. */
export function readSourceTree(file: string): SourceTree {
  const sources = new Map<string, string>();
  const wanted: { path: string; importer?: string }[] = [{ path: resolve(file) }];
  for (let next = wanted.pop(); next !== undefined; next = wanted.pop()) {
    if (sources.has(next.path)) continue;
    if (sources.size === MAX_MODULES) fail(`${file}: more than ${MAX_MODULES} modules`);
    const { path, text } = readModule(next.path, next.importer);
    const source = TYPESCRIPT.test(path) ? stripTypes(text, path) : text;
    sources.set(next.path, source);
    for (const specifier of importsOf(source, path)) {
      // Only the engine knows whether it has Node's modules.
      if (/^node:/.test(specifier)) continue;
      if (!/^\.\.?\//.test(specifier)) {
        fail(
          `${path}: only relative imports and 'node:' modules of an engine work in a guest, not ${JSON.stringify(specifier)}; bundle it first, for example with esbuild`,
        );
      }
      wanted.push({ path: resolve(dirname(next.path), specifier), importer: path });
    }
  }
  return named(resolve(file), sources);
}

function named(main: string, sources: Map<string, string>): SourceTree {
  let root = dirname(main);
  for (const path of sources.keys()) {
    while (relative(root, path).startsWith('..')) root = dirname(root);
  }
  const nameOf = (path: string) => posix.normalize(relative(root, path).split(sep).join('/'));
  const modules: Record<string, string> = {};
  for (const [path, source] of [...sources].sort(([a], [b]) => (a < b ? -1 : 1))) {
    if (path !== main) modules[nameOf(path)] = source;
  }
  return { filename: nameOf(main), source: sources.get(main)!, modules: Object.freeze(modules) };
}
