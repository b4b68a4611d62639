/** The files of a C program, and the virtines in them. */
import { access, readdir, readFile } from 'node:fs/promises';
import { basename, dirname, extname, join, relative, resolve } from 'node:path';
import { ColonyError } from '@colony/core';
import { filePath, flag, listOf, type OptionReaders, oneOf } from '@colony/core/options';
import { compilerFlags, contentKey, defaultCacheDir, findCToolchain, guestFolder } from '@colony/guest';
import { annotationsOf, type Node, parse, placeOf, type Unit } from './ast.js';
import { C_MODULE } from './module-name.js';
import { type VirtineFunction, virtinesOf } from './signature.js';
import { refuse } from './types.js';

export type CTarget = 'virtine' | 'wasm32' | 'process';

/** Options that all C programs of a project share. */
export interface CProjectOptions {
  /** Adds the other C files in the folders of the named files, except programs (`*.virtine.c`). Default false. */
  readonly neighbours?: boolean;
  /** Default: all three. `virtine` is always built, because the analysis reads its image. */
  readonly targets?: readonly CTarget[];
  /** Flags for the compilers: `-I`, `-D`, another optimization level. */
  readonly flags?: readonly string[];
  readonly cacheDir?: string;
}

export interface CSourceOptions extends CProjectOptions {
  /**
   * C files of the program. Headers are added by `#include`, other files by `colony_sources`. Relative paths resolve
   * from `root`.
   */
  readonly files: readonly string[];
  /** The folder that reports name files relative to. Default: the working directory. */
  readonly root?: string;
}

export const PROJECT_READERS: OptionReaders<CProjectOptions> = {
  neighbours: flag,
  targets: listOf(oneOf('virtine', 'wasm32', 'process')),
  flags: compilerFlags,
  cacheDir: filePath,
};

export const SOURCE_READERS: OptionReaders<CSourceOptions> = {
  ...PROJECT_READERS,
  files: (value, path, reader) => {
    const files = listOf(filePath)(value, path, reader);
    return files.length > 0 ? files : reader.fail(path, 'the paths of the C files of the program', value);
  },
  root: filePath,
};

export class CProject {
  readonly #units = new Map<string, Promise<Unit>>();
  readonly #files: string[] = [];
  /** Files, already read, whose text contains `virtine`. */
  readonly #marked: string[] = [];

  private constructor(
    readonly root: string,
    readonly flags: readonly string[],
    readonly targets: ReadonlySet<CTarget>,
    readonly cacheDir: string,
  ) {}

  /** @throws ColonyError ERR_COMPILE */
  static at(options: CSourceOptions): CProject {
    const root = resolve(options.root ?? process.cwd());
    const { flags = [], targets = ['virtine', 'wasm32', 'process'], cacheDir = defaultCacheDir() } = options;
    return new CProject(root, flags, new Set(targets), cacheDir);
  }

  /** Absolute paths of the files so far; `open` adds those that files name. */
  get files(): readonly string[] {
    return this.#files;
  }

  /** Named after the program's first file. */
  get name(): string {
    return basename(this.#files[0]!, extname(this.#files[0]!));
  }

  /** Adds the named files, and their neighbours if `neighbours` is set. */
  async find({ files, neighbours = false }: CSourceOptions): Promise<void> {
    const named = [...new Set(files.map((file) => resolve(this.root, file)))];
    this.#files.push(...named);
    const beside = neighbours ? await Promise.all([...new Set(named.map(dirname))].map(cFilesIn)) : [];
    for (const file of beside.flat().sort()) if (!this.#files.includes(file)) this.#files.push(file);
  }

  /** Reads the files, and those that they name. */
  async open(): Promise<void> {
    for (const file of [...this.#files]) await this.#read(file);
  }

  async #read(file: string): Promise<void> {
    const text = await readFile(file, 'utf8').catch((cause) => {
      throw new ColonyError('ERR_BAD_OPTION', `the C file ${file} cannot be read`, { cause });
    });
    // A declaration in an included header may have the mark: the definition then has it too.
    if (/\bvirtine\b/.test(text)) this.#marked.push(file);
    if (!/\bcolony_sources\b/.test(text)) return;
    for (const source of await sourcesIn(await this.unit(file)))
      if (!this.#files.includes(source)) this.#files.push(source);
  }

  unit(file: string): Promise<Unit> {
    let unit = this.#units.get(file);
    if (unit === undefined) {
      unit = parse(
        file,
        this.root,
        this.flags.filter((flag) => !flag.startsWith('-m')),
      );
      this.#units.set(file, unit);
    }
    return unit;
  }

  /** The program's files that were read so far, whether or not the build succeeded. */
  async read(): Promise<string[]> {
    return await this.own(await this.seen());
  }

  /** The files that were read so far, including headers of others. */
  async seen(): Promise<string[]> {
    const units = await Promise.allSettled(this.#units.values());
    return [
      ...this.#files,
      ...units.flatMap((unit) => (unit.status === 'fulfilled' ? [...unit.value.files] : [])),
    ].filter((file) => file.startsWith('/'));
  }

  /** Filters files that compilers read to those of the program: not Colony's, the compiler's or the C library's. */
  async own(files: readonly string[]): Promise<string[]> {
    const { include, musl } = await findCToolchain();
    const foreign = [guestFolder, this.cacheDir, include, musl?.include, '/usr']
      .filter((folder) => folder !== undefined && !`${this.root}/`.startsWith(`${folder}/`))
      .map((folder) => `${folder}/`);
    const own = files.filter((file) => file.startsWith('/') && !foreign.some((folder) => file.startsWith(folder)));
    return [...new Set(own)].sort();
  }

  /** @throws ColonyError ERR_COMPILE */
  async virtines(): Promise<VirtineFunction[]> {
    const virtines: VirtineFunction[] = [];
    for (const file of this.#marked)
      virtines.push(...virtinesOf(await this.unit(file)).map((virtine) => ({ ...virtine, file })));
    if (virtines.length === 0) {
      const names = this.#files.map((file) => relative(this.root, file)).join(', ');
      throw new ColonyError(
        'ERR_COMPILE',
        `${names}: no virtine here: put \`virtine\` before a function, as in \`virtine int fib(int n)\``,
      );
    }
    const twice = virtines.find(({ name }, i) => virtines.findIndex((other) => other.name === name) !== i);
    if (twice !== undefined)
      throw new ColonyError('ERR_COMPILE', `${twice.name} is a virtine in two files; give one another name`);
    return virtines;
  }

  /** The folder of generated code, named by its content: the path is a part of the cache key of images. */
  glueFolder(text: string): string {
    return join(this.cacheDir, 'c-glue', contentKey([text]).slice(0, 16));
  }
}

const cFilesIn = async (folder: string) =>
  (await readdir(folder))
    .filter((name) => name.endsWith('.c') && !C_MODULE.test(name))
    .map((name) => join(folder, name));

/** Returns the files that `colony_sources("crc.c", "inflate.c");` names, resolved from the folder of its own file. */
async function sourcesIn({ file, declarations }: Unit): Promise<string[]> {
  const paths: string[] = [];
  const marks = declarations.flatMap((node: Node) =>
    annotationsOf(node).flatMap(([word, ...names]) =>
      word === 'sources' ? names.map((name) => [node, name] as const) : [],
    ),
  );
  for (const [node, name] of marks) {
    const path = resolve(dirname(file), name);
    await access(path).catch(() =>
      refuse(placeOf(node), `names ${name} in colony_sources, which is not there: paths are relative to this file`),
    );
    paths.push(path);
  }
  return paths;
}
