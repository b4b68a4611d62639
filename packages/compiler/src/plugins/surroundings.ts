/** Reads the settings that bundlers apply to modules from their own configurations. */
import { existsSync } from 'node:fs';
import type { BuildOptions } from 'esbuild';
import { escapePattern } from '../source/pattern.js';
import type { Alias, Surroundings } from '../ts/bundle/surroundings.js';

const modeOf = (mode: string | undefined) => (mode === 'development' ? 'development' : 'production');

export function ofEsbuild({ define = {}, alias = {}, conditions = [], minify, platform }: BuildOptions): Surroundings {
  const written = define['process.env.NODE_ENV'];
  // esbuild's own default for browsers.
  const implied =
    platform === 'browser' || platform === undefined ? (minify === true ? 'production' : 'development') : undefined;
  const mode = written?.replace(/['"]/g, '') ?? implied;
  return {
    ...(mode === undefined ? {} : { mode: modeOf(mode) }),
    define,
    conditions,
    alias: Object.entries(alias).map(([find, replacement]) => ({ find, replacement })),
  };
}

/** Vite's own conditions of the platform, which do not apply in the cut. */
const VITES = /^(?:module|browser|node|import|default|development\|production)$/;

/** The parts of Vite's resolved configuration that are read. */
export interface ViteConfig {
  readonly isProduction: boolean;
  readonly define?: Readonly<Record<string, unknown>> | undefined;
  readonly env: Readonly<Record<string, unknown>>;
  readonly resolve: { readonly conditions: readonly string[]; readonly alias: readonly Alias[] };
  readonly build: { readonly ssr: boolean | string };
}

export function ofVite({ isProduction, define, env, resolve, build }: ViteConfig): Surroundings {
  const all = { ...env, SSR: build.ssr !== false };
  const members = Object.entries(all).map(([name, value]) => [`import.meta.env.${name}`, JSON.stringify(value)]);
  return {
    mode: isProduction ? 'production' : 'development',
    define: { 'import.meta.env': JSON.stringify(all), ...Object.fromEntries(members), ...textsOf(define) },
    conditions: resolve.conditions.filter((condition) => !VITES.test(condition)),
    alias: resolve.alias.filter(({ replacement }) => !/@vite|vite\/dist/.test(replacement)),
  };
}

export interface WebpackOptions {
  readonly mode?: string;
  readonly resolve?: { readonly alias?: unknown; readonly conditionNames?: readonly string[] };
  readonly plugins?: readonly unknown[];
}

const textsOf = (define: Readonly<Record<string, unknown>> = {}) =>
  Object.fromEntries(
    Object.entries(define).map(([name, value]) => [name, typeof value === 'string' ? value : JSON.stringify(value)]),
  );

/** Leaves out objects, which hold code, and functions, whose values only the bundler knows. */
const primitives = (define: Readonly<Record<string, unknown>>) =>
  Object.fromEntries(Object.entries(define).filter(([, value]) => /^(?:string|number|boolean)$/.test(typeof value)));

const WEBPACKS = /^(?:webpack|development|production|browser|node|import|require|module|default|\.\.\.)$/;

export function ofWebpack({ mode, resolve = {}, plugins = [] }: WebpackOptions): Surroundings {
  const defining = plugins.filter((plugin) => plugin?.constructor.name === 'DefinePlugin') as {
    definitions?: object;
    _args?: object[];
  }[];
  return {
    mode: modeOf(mode),
    define: textsOf(
      primitives(Object.assign({}, ...defining.map(({ definitions, _args }) => definitions ?? _args?.[0]))),
    ),
    conditions: (resolve.conditionNames ?? []).filter((condition) => !WEBPACKS.test(condition)),
    alias: aliasesOf(resolve.alias),
  };
}

function aliasesOf(alias: unknown): Alias[] {
  if (typeof alias !== 'object' || alias === null || Array.isArray(alias)) return [];
  return Object.entries(alias).flatMap(([name, to]) => {
    if (typeof to !== 'string') return [];
    // `name$` matches exactly that name.
    const find = name.endsWith('$') ? new RegExp(`^${escapePattern(name.slice(0, -1))}$`) : name;
    return [{ find, replacement: to }];
  });
}

interface Modules {
  resolve?(specifier: string, importer: string): Promise<{ id: string; external?: unknown } | null>;
  load?(module: { id: string }): Promise<{ code?: string | null }>;
}

/** Loads the virtual modules of Rollup and Vite, which are not files. */
export function loaderOf(hook: object): NonNullable<Surroundings['load']> {
  const modules = hook as Modules;
  return async (specifier, importer) => {
    const resolved = await modules.resolve?.(specifier, importer);
    if (!resolved || resolved.external || existsSync(resolved.id.replace(/\?.*$/, ''))) return undefined;
    const code = (await modules.load?.({ id: resolved.id }))?.code;
    return typeof code === 'string' ? { id: resolved.id, code } : undefined;
  };
}
