/**
 * Applies a bundler's settings and its virtual modules to the cut, as the bundler does to the modules that it builds.
 */
import { dirname } from 'node:path';
import { listOf, oneOf, type ReadOption, readOptions, text } from '@colony/core/options';
import type { Plugin } from 'esbuild';

export interface Surroundings {
  readonly mode?: 'production' | 'development';
  readonly conditions?: readonly string[];
  /** JavaScript as text, by name (`__VERSION__`, `import.meta.env.MODE`). */
  readonly define?: Readonly<Record<string, string>>;
  readonly alias?: readonly Alias[];
  /** Loads the bundler's virtual module for an import that is not a file. */
  readonly load?: (specifier: string, importer: string) => Promise<Virtual | undefined>;
}

export interface Alias {
  readonly find: string | RegExp;
  readonly replacement: string;
}

export interface Virtual {
  readonly id: string;
  /** JavaScript. */
  readonly code: string;
}

/** The namespace of virtual modules. */
export const VIRTUAL = 'colony-virtual';
/** Marks resolutions that these plugins request themselves, and that they must not handle again. */
export const PROBE = Symbol('probe');

const string: ReadOption<string> = (value, path, reader) =>
  typeof value === 'string' ? value : reader.fail(path, 'a string', value);

const texts: ReadOption<Readonly<Record<string, string>>> = (value, path, reader) =>
  Object.fromEntries(
    Object.entries(reader.object(value, path)).map(([name, text]) => [name, string(text, `${path}.${name}`, reader)]),
  );

/** Reads the two known fields, because aliases of bundlers have more. */
const oneAlias: ReadOption<Alias> = (value, path, reader) => {
  const { find, replacement } = reader.object(value, path);
  return {
    find: find instanceof RegExp ? find : string(find, `${path}.find`, reader),
    replacement: string(replacement, `${path}.replacement`, reader),
  };
};

const loading: ReadOption<NonNullable<Surroundings['load']>> = (value, path, reader) =>
  typeof value === 'function' ? (value as never) : reader.fail(path, 'a function', value);

/** Reads each setting once, and returns a copy. @throws ColonyError ERR_BAD_OPTION */
export function readSurroundings(input: Surroundings): Surroundings {
  return readOptions<Surroundings>('surroundings', input, {
    mode: oneOf('production', 'development'),
    conditions: listOf(text),
    define: texts,
    alias: listOf(oneAlias),
    load: loading,
  });
}

/** The definitions that esbuild accepts: constants and names. */
export function definitions(define: Readonly<Record<string, string>> = {}): Record<string, string> {
  const isKnown = ([name, text]: [string, string]) => NAME.test(name) && (NAME.test(text) || isJson(text));
  return Object.fromEntries(Object.entries(define).filter(isKnown));
}

const NAME = /^[A-Za-z_$][\w$]*(?:\.[A-Za-z_$][\w$]*)*$/;

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** Applies aliases to a path, by the rules of Vite and Rollup. */
function aliased(path: string, alias: readonly Alias[] = []): string | undefined {
  for (const { find, replacement } of alias) {
    if (typeof find !== 'string') {
      find.lastIndex = 0;
      if (find.test(path)) return path.replace(find, replacement);
    } else if (path === find || path.startsWith(find.endsWith('/') ? find : `${find}/`)) {
      return replacement + path.slice(find.length);
    }
  }
  return undefined;
}

export function surroundingModules({ alias, load }: Surroundings): Plugin {
  return {
    name: 'colony-surroundings',
    setup(build) {
      if (alias !== undefined && alias.length > 0) {
        build.onResolve({ filter: /./ }, ({ path, kind, pluginData, ...rest }) => {
          const to = kind === 'entry-point' || pluginData === PROBE ? undefined : aliased(path, alias);
          return to === undefined || to === path ? undefined : build.resolve(to, { ...rest, kind, pluginData: PROBE });
        });
      }
      if (load === undefined) return;
      const resolving = async (path: string, importer: string) => {
        const module = await load(path, importer);
        return (
          module && {
            path: module.id,
            namespace: VIRTUAL,
            pluginData: { code: module.code, folder: dirname(importer) },
          }
        );
      };
      build.onResolve({ filter: /^(?:[^./]|\.{1,2}\/)/ }, async ({ path, kind, pluginData, importer, ...rest }) => {
        if (kind === 'entry-point' || pluginData === PROBE) return undefined;
        const { errors } = await build.resolve(path, { ...rest, kind, importer, pluginData: PROBE });
        return errors.length === 0 ? undefined : await resolving(path, importer);
      });
      build.onLoad({ filter: /./, namespace: VIRTUAL }, ({ pluginData }) => ({
        contents: pluginData.code,
        loader: 'js',
        resolveDir: pluginData.folder,
      }));
    },
  };
}
