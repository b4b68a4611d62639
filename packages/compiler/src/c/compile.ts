/** Compiles C virtines: from sources to programs with the least environment, for all backends. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import type { NativeImages, Program } from '@colony/core';
import { filePath, readOptions } from '@colony/core/options';
import { buildC, type CBuild, contentKey } from '@colony/guest';
import { type ModuleSize, reportJson } from '../report/index.js';
import { located } from './errors.js';
import { type Analysis, analyse } from './image/analyse.js';
import { memoryOf } from './image/memory.js';
import { shownFile } from './image/places.js';
import type { CVirtineReport } from './image/report.js';
import { type Bindings, bindingsFor } from './output/bindings.js';
import { declarations } from './output/declarations.js';
import { type FatProgram, packFat } from './output/fat.js';
import { glueFor } from './output/glue.js';
import { generalOf, ResultCache } from './result-cache.js';
import { CProject, type CSourceOptions, SOURCE_READERS } from './source/project.js';
import type { VirtineFunction } from './source/signature.js';

export interface CompileCOptions extends CSourceOptions {
  /** Writes `NAME.colony`, `NAME.js`, `NAME.d.ts` and `NAME.js.virtines.json` there, named after the first file. */
  readonly out?: string;
}

export interface CompiledC {
  readonly virtines: readonly CVirtineReport[];
  readonly program: FatProgram;
  /**
   * The programs with the general image, which is not cut, to measure the gain of the cut. For virtual machines only.
   */
  readonly general: Readonly<Record<string, Program>>;
  readonly bindings: Bindings;
  /** Absolute paths of the program's files, including headers. */
  readonly files: readonly string[];
  readonly warnings: readonly string[];
}

interface Made {
  readonly virtine: VirtineFunction;
  readonly analysis: Analysis;
  readonly images: NativeImages;
  readonly general: Uint8Array;
  /** The program's own files, and all files that any compiler read. */
  readonly files: readonly string[];
  readonly read: readonly string[];
}

/**
 * Reads the result from the cache if the same sources were compiled before by the same tools.
 * @throws ColonyError ERR_COMPILE, ERR_BAD_POLICY, ERR_BAD_OPTION; `details.path` if it has a place
 */
export async function compileC(input: CompileCOptions): Promise<CompiledC> {
  const options = readOptions<CompileCOptions, 'files'>('options', input, { ...SOURCE_READERS, out: filePath }, [
    'files',
  ]);
  return await inProject(options, async (project) => {
    const cache = await ResultCache.of(project, project.files);
    const compiled = (await cache.read()) ?? (await compileProject(project, cache));
    if (options.out !== undefined) await writeC(resolve(project.root, options.out), project.name, compiled);
    return compiled;
  });
}

async function compileProject(project: CProject, cache: ResultCache): Promise<CompiledC> {
  await project.open();
  const virtines = await project.virtines();
  const made = await twoAtATime(virtines, (virtine) => compileOne(project, virtine));
  const compiled = await assemble(project, made);
  const general = Object.fromEntries(made.map(({ virtine, general }) => [virtine.name, general]));
  const read = [...(await project.seen()), ...made.flatMap((result) => result.read)];
  // The result is valid even if the cache cannot be written.
  await cache.write(compiled, general, read).catch(() => undefined);
  return compiled;
}

/** Returns the declarations for callers, without a build. @throws ColonyError ERR_COMPILE, ERR_BAD_OPTION */
export async function declareC(input: CSourceOptions): Promise<string> {
  const options = readOptions<CSourceOptions, 'files'>('options', input, SOURCE_READERS, ['files']);
  return await inProject(options, async (project) => {
    await project.open();
    return declarations(await project.virtines());
  });
}

async function inProject<T>(options: CSourceOptions, work: (project: CProject) => Promise<T>): Promise<T> {
  const project = CProject.at(options);
  try {
    await project.find(options);
    return await work(project);
  } catch (error) {
    throw located(error, project.root, await project.read());
  }
}

/** Limits concurrent compilers, because more processes than processors would only slow each other down. */
async function twoAtATime<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  let next = 0;
  const worker = async () => {
    while (next < items.length) {
      const i = next++;
      results[i] = await work(items[i]!);
    }
  };
  await Promise.all([worker(), worker()]);
  return results;
}

/** Writes the glue, which replaces the function's own file and includes it. */
async function writeGlue(project: CProject, virtine: VirtineFunction): Promise<string> {
  const text = glueFor(virtine);
  const folder = project.glueFolder(text);
  const path = join(folder, `${virtine.name}.glue.c`);
  await mkdir(folder, { recursive: true });
  await writeFile(path, text);
  return path;
}

async function compileOne(project: CProject, virtine: VirtineFunction): Promise<Made> {
  const file = await writeGlue(project, virtine);
  const sources = project.files.filter((source) => source !== virtine.file);
  const { root, flags, cacheDir } = project;
  const common = { file, sources, root, folders: [dirname(virtine.file)], flags, cacheDir };
  const { heapSize, ...lean } = memoryOf(virtine);
  const build = await buildC({ ...common, lean, analyse: true, stackSize: 64 * 1024, heapSize });
  const [general, wasm32, process] = await Promise.all([
    buildC(common),
    project.targets.has('wasm32') ? buildC({ ...common, target: 'wasm32' }) : undefined,
    project.targets.has('process') ? buildC({ ...common, target: 'process' }) : undefined,
  ]);
  const { image, analysis } = await analyse(project, virtine, build, general, lean.smallRequest);
  const images = { virtine: image, ...imageOf('wasm32', wasm32), ...imageOf('process', process) };
  const read = [build, general, wasm32, process].flatMap((build) => build?.inputs ?? []);
  return { virtine, analysis, images, general: general.image, files: await project.own(read), read };
}

const imageOf = (target: string, build: CBuild | undefined) => (build === undefined ? {} : { [target]: build.image });

async function assemble(project: CProject, made: readonly Made[]): Promise<CompiledC> {
  const fat = made.map(({ virtine, analysis, images }) => [virtine.name, { policy: analysis.policy, images }] as const);
  const program = packFat(Object.fromEntries(fat));
  const virtines = await Promise.all(
    made.map(async ({ virtine: { name }, analysis, images, files }): Promise<CVirtineReport> => {
      const hashes = Object.entries(images).map(([target, bytes]) => [target, contentKey([bytes])] as const);
      return {
        ...analysis,
        program: { filename: `${name}.colony`, hash: program.programs[name]!.hash },
        modules: await modulesOf(project, analysis, files),
        native: { ...analysis.native, images: Object.fromEntries(hashes) },
      };
    }),
  );
  const functions = made.map(({ virtine }) => virtine);
  return {
    virtines,
    program,
    general: Object.fromEntries(made.map(({ virtine: { name }, general }) => [name, generalOf(name, general)])),
    bindings: bindingsFor(functions, program.bytes, project.name),
    files: [...new Set([...project.files, ...made.flatMap(({ files }) => files)])].sort(),
    warnings: virtines.flatMap(({ warnings }) => warnings),
  };
}

/** The size of each file, and of the machine code and data from it. */
async function modulesOf(project: CProject, { inside }: Analysis, files: readonly string[]): Promise<ModuleSize[]> {
  const sources = new Set(project.files);
  return await Promise.all(
    files.map(async (path) => {
      const file = shownFile(path, project.root);
      const parts = inside.filter((part) => part.file === file);
      const bytes = parts.reduce((sum, { native }) => sum + native!.bytes, 0);
      const module = { file, before: (await readFile(path)).length, inside: bytes };
      return bytes > 0 || sources.has(path) ? module : { ...module, read: true as const };
    }),
  );
}

export type CFiles = Pick<CompiledC, 'virtines' | 'bindings'> & { readonly program: Pick<FatProgram, 'bytes'> };

/** Writes the files of `out`. Returns the path of the JavaScript. */
export async function writeC(folder: string, name: string, { virtines, program, bindings }: CFiles): Promise<string> {
  await mkdir(folder, { recursive: true });
  const target = join(folder, `${name}.js`);
  await Promise.all([
    writeFile(join(folder, `${name}.colony`), program.bytes),
    writeFile(target, bindings.linked),
    writeFile(join(folder, `${name}.d.ts`), bindings.dts),
    writeFile(`${target}.virtines.json`, reportJson(virtines)),
  ]);
  return target;
}
