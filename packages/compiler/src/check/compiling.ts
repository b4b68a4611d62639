/**
 * Finds out whether something in a project compiles its directives. It reads the project's files, so it can be wrong
 * both ways. A configuration that names a plugin may not be in use, and a custom way may not be recognised. The files
 * that are read are listed here and in the guide.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { foldersUp, projectRoot } from '../compiler/project.js';

export interface Compiling {
  readonly by: 'plugin' | 'hooks' | 'colony build';
  /** The evidence: the absolute path of a file, or the name of an environment variable. */
  readonly where: string;
}

const PLUGIN = /@colony\/compiler\/(?:vite|rollup|esbuild|webpack|rspack)\b/;
const HOOKS = /@colony\/compiler\/register\b/;
const BUILD = /\bcolony (?:build|profile)\b/;
const SCRIPT = /\.[cm]?[jt]s$/;
/** Files beside package.json that may start Node. */
const STARTS =
  /^(?:package\.json|\.npmrc|\.env.*|\.mocharc\..*|node\.config\.json|Dockerfile.*|.*compose.*\.ya?ml|Procfile|Makefile|.*\.sh|.*\.service)$/;
/** Folders of a project that may hold build scripts. */
const SCRIPTS = ['.', 'scripts', 'build', 'config', 'tools'];

/** Returns the first match in the file's project and in the folders above it, up to the repository's. */
export function compilingOf(file: string): Compiling | undefined {
  if (HOOKS.test(process.env['NODE_OPTIONS'] ?? '')) return { by: 'hooks', where: 'NODE_OPTIONS' };
  for (const folder of projectsAbove(file)) {
    const compiling = inFolder(folder);
    if (compiling !== undefined) return compiling;
  }
  return undefined;
}

const known = new Map<string, Compiling | undefined>();

/** The same for many files, as when an editor lints them: reads each project once. */
export function knownCompilingOf(file: string): Compiling | undefined {
  const root = projectRoot(file);
  if (!known.has(root)) known.set(root, compilingOf(file));
  return known.get(root);
}

/** Includes the folders above, because a package of a workspace may be built from the workspace's folder. */
function projectsAbove(file: string): string[] {
  const root = projectRoot(file);
  const folders = foldersUp(root);
  const top = folders.findIndex((folder) => namesIn(folder).includes('.git'));
  // Without a repository, a folder above belongs to the project if it has a package.json itself.
  const inside =
    top === -1 ? folders.filter((folder) => namesIn(folder).includes('package.json')) : folders.slice(0, top + 1);
  return inside.length === 0 ? [dirname(file)] : inside;
}

function inFolder(folder: string): Compiling | undefined {
  for (const name of namesIn(folder).filter((file) => STARTS.test(file))) {
    const text = read(join(folder, name));
    if (HOOKS.test(text)) return { by: 'hooks', where: join(folder, name) };
    if (BUILD.test(text)) return { by: 'colony build', where: join(folder, name) };
  }
  for (const below of SCRIPTS.map((name) => join(folder, name))) {
    for (const name of namesIn(below).filter((file) => SCRIPT.test(file))) {
      const code = withoutComments(read(join(below, name)));
      if (PLUGIN.test(code)) return { by: 'plugin', where: join(below, name) };
      if (HOOKS.test(code)) return { by: 'hooks', where: join(below, name) };
    }
  }
  return undefined;
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder).sort();
  } catch {
    return [];
  }
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

/** Removes comments of whole lines and blocks, because a plugin that is commented out compiles nothing. */
const withoutComments = (code: string) => code.replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '');
