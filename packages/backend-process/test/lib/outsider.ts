/** Runs scripts as another user, who cannot read the home folder that may contain the checkout. */
import { execFile } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const packageRoot = fileURLToPath(new URL('../..', import.meta.url));

/** Debian's `nobody`. */
export const NOBODY = 65534;

/** The reason why tests cannot become another user; undefined if they can. */
export const noOutsider = process.getuid?.() === 0 ? undefined : 'needs root, to become somebody else';

/** Everything that a package needs at run time: no tests, no objects of the native build. */
const SHIPPED = (path: string): boolean => !/[\\/](node_modules|test|tests|fuzz|build|\.turbo|\.cache)$/.test(path);

/** The folder in which Node finds the package `name` from `folder`. */
function packageFolder(name: string, folder: string): string {
  const places = createRequire(join(folder, 'index.js')).resolve.paths(name) ?? [];
  const installed = places.map((place) => join(place, name)).find((place) => existsSync(join(place, 'package.json')));
  if (installed === undefined) throw new Error(`${name} is not installed for ${folder}`);
  return realpathSync(installed);
}

interface Manifest {
  readonly name: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
}

/**
 * The packages that every backend builds on. They are peers, like the other backends, which a backend does not need.
 */
const FOUNDATIONS = ['@colony/core', '@colony/guest'];

/** Copies a package, and all its dependencies into the same `node_modules`. */
function copyWithDependencies(source: string, modules: string): void {
  const manifest = JSON.parse(readFileSync(join(source, 'package.json'), 'utf8')) as Manifest;
  const { name, dependencies = {}, peerDependencies = {} } = manifest;
  const target = join(modules, name);
  if (existsSync(target)) return;
  cpSync(source, target, { recursive: true, filter: (path) => path === source || SHIPPED(path) });
  const peers = FOUNDATIONS.filter((foundation) => Object.hasOwn(peerDependencies, foundation));
  for (const dependency of [...Object.keys(dependencies), ...peers]) {
    copyWithDependencies(packageFolder(dependency, source), modules);
  }
}

/** A copy of this package, and a separate cache: one user must not run another user's build. */
export class Outsider {
  readonly folder = mkdtempSync(join(tmpdir(), 'colony-outsider-'));
  readonly package = join(this.folder, 'node_modules/@colony/backend-process');
  readonly #cache = join(this.folder, 'cache');
  #node: string | undefined;

  constructor() {
    copyWithDependencies(packageRoot, join(this.folder, 'node_modules'));
    mkdirSync(this.#cache, { mode: 0o700 });
  }

  /** Copies a file or folder beside the packages. Returns its new path. */
  add(path: string): string {
    const copy = join(this.folder, basename(path));
    cpSync(path, copy, { recursive: true });
    return copy;
  }

  /** Runs Node with these arguments as `user`. Returns what it printed. */
  async run(
    args: readonly string[],
    { user = NOBODY, env = {} }: { user?: number; env?: Record<string, string> } = {},
  ) {
    // The checkout's umask may have made the copies unreadable.
    await run('chmod', ['-R', 'a+rX', this.folder]);
    chownSync(this.#cache, user, user);
    chmodSync(this.#cache, 0o700);
    this.#node ??= await this.#reachableNode();
    const { stdout } = await run(this.#node, args, {
      cwd: this.package,
      uid: user,
      gid: user,
      env: { PATH: process.env['PATH'], COLONY_CACHE_DIR: this.#cache, ...env },
    });
    return stdout;
  }

  /** This process's Node, or a copy if it is in a home folder that is closed to others. */
  async #reachableNode(): Promise<string> {
    const options = { uid: NOBODY, gid: NOBODY, cwd: '/' };
    const reachable = await run(process.execPath, ['--version'], options).then(
      () => true,
      () => false,
    );
    return reachable ? process.execPath : this.add(process.execPath);
  }

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
