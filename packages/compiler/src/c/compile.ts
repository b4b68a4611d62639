/** C virtines: from sources to programs with the least that runs them, for all backends. */
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { basename, dirname, extname, join, relative, resolve } from 'node:path';
import { ColonyError, type NativeImages } from '@colony/core';
import { buildC, type CBuild, contentKey, defaultCacheDir, guestFolder, readImage } from '@colony/guest';
import { parse, type Unit } from './ast.js';
import { type Bindings, bindingsFor } from './bindings.js';
import { type FatProgram, packFat } from './fat.js';
import { glueFor } from './glue.js';
import { type ImageGraph, readGraph } from './image-graph.js';
import { isRuntime, targetsIn } from './indirect.js';
import { ownedPages, withStack } from './pages.js';
import { leastPolicy, type ReachedHypercall } from './policy.js';
import { type CSizes, type CVirtineReport, chainsFrom, originOf, partsOf, SCRUB, sourceOf } from './report.js';
import { type VirtineFunction, virtinesOf } from './signature.js';
import { type StackBound, stackBound } from './stack.js';
import type { CType } from './types.js';

export type CTarget = 'virtine' | 'wasm32' | 'process';

export interface CompileCOptions {
  /** C files of the program; headers come in by `#include`. Relative ones are the root's. */
  readonly files: readonly string[];
  /** What reports name files relative to. Default: the working directory. */
  readonly root?: string;
  /** Also the other C files in the folders of `files`. Default false. */
  readonly neighbours?: boolean;
  /** Writes `NAME.colony`, `NAME.js`, `NAME.d.ts` and `NAME.report.json` there, named after the first file. */
  readonly out?: string;
  /** Default: all three. `virtine` is always made, for the analysis is of it. */
  readonly targets?: readonly CTarget[];
  /** For the compilers: `-I`, `-D`, another optimization level. */
  readonly flags?: readonly string[];
  readonly cacheDir?: string;
}

export interface CompiledC {
  readonly virtines: readonly CVirtineReport[];
  readonly program: FatProgram;
  readonly bindings: Bindings;
  readonly warnings: readonly string[];
}

interface Project {
  readonly files: readonly string[];
  readonly root: string;
  readonly flags: readonly string[];
  readonly targets: ReadonlySet<CTarget>;
  readonly cacheDir: string;
  /** Parsed so far. */
  readonly units: Map<string, Promise<Unit>>;
}

/** @throws ColonyError ERR_COMPILE, ERR_BAD_POLICY, ERR_BAD_OPTION. */
export async function compileC(options: CompileCOptions): Promise<CompiledC> {
  const project = await projectOf(options);
  const virtines = await findVirtines(project);
  const made = await twoAtATime(virtines, (virtine) => compileOne(project, virtine));
  const program = packFat(
    Object.fromEntries(made.map(({ report, images }) => [report.name, { policy: report.policy, images }])),
  );
  const name = basename(project.files[0]!, extname(project.files[0]!));
  const bindings = bindingsFor(
    virtines,
    options.out === undefined ? { inline: program.bytes } : { url: `./${name}.colony` },
  );
  const reports = made.map(({ report }) => report);
  const compiled = { virtines: reports, program, bindings, warnings: reports.flatMap(({ warnings }) => warnings) };
  if (options.out !== undefined) await writeOut(resolve(project.root, options.out), name, compiled);
  return compiled;
}

/** Compilers are processes of their own; more of them than processors would only get in each other's way. */
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

async function projectOf(options: CompileCOptions): Promise<Project> {
  const root = resolve(options.root ?? process.cwd());
  const { files, targets = ['virtine', 'wasm32', 'process'], flags = [], neighbours = false } = options;
  if (!Array.isArray(files) || files.length === 0)
    throw new ColonyError('ERR_BAD_OPTION', 'files must be the paths of the C files of the program');
  const given = files.map((file) => resolve(root, file));
  const beside = neighbours ? await Promise.all([...new Set(given.map(dirname))].map(cFilesIn)) : [];
  const all = [...new Set([...given, ...beside.flat().sort()])];
  const own = [`-ffile-prefix-map=${root}=.`, '-I', root, '-include', join(guestFolder, 'include/colony/mark.h')];
  const cacheDir = options.cacheDir ?? defaultCacheDir();
  return { files: all, root, flags: [...flags, ...own], targets: new Set(targets), cacheDir, units: new Map() };
}

const cFilesIn = async (folder: string) =>
  (await readdir(folder)).filter((name) => name.endsWith('.c')).map((name) => join(folder, name));

function unitOf(project: Project, file: string): Promise<Unit> {
  let unit = project.units.get(file);
  if (unit === undefined) {
    unit = parse(
      file,
      project.flags.filter((flag) => !/^-(ffile-prefix-map|m)/.test(flag)),
    );
    project.units.set(file, unit);
  }
  return unit;
}

async function findVirtines(project: Project): Promise<VirtineFunction[]> {
  const found: VirtineFunction[] = [];
  for (const file of project.files) {
    const text = await readFile(file, 'utf8').catch((cause) => {
      throw new ColonyError('ERR_BAD_OPTION', `the C file ${file} cannot be read`, { cause });
    });
    // A header that is included may have marked the declaration: then the word is there.
    if (!/\bvirtine\b/.test(text)) continue;
    found.push(...virtinesOf(await unitOf(project, file)).map((virtine) => ({ ...virtine, file })));
  }
  if (found.length === 0) {
    const names = project.files.map((file) => relative(project.root, file)).join(', ');
    throw new ColonyError(
      'ERR_COMPILE',
      `${names}: no virtine here: put \`virtine\` before a function, as in \`virtine int fib(int n)\``,
    );
  }
  const twice = found.find(({ name }, i) => found.findIndex((other) => other.name === name) !== i);
  if (twice !== undefined)
    throw new ColonyError('ERR_COMPILE', `${twice.name} is a virtine in two files; give one another name`);
  return found;
}

/** The glue takes the place of the function's own file: it includes it. */
async function writeGlue(project: Project, virtine: VirtineFunction): Promise<string> {
  const text = glueFor(virtine);
  const path = join(project.cacheDir, 'c-glue', contentKey([text]).slice(0, 16), `${virtine.name}.glue.c`);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, text);
  return path;
}

const STACK_PAGE = 4096;
/** Turns of a recursion for which there is room where nothing says how deep it goes. */
const TURNS = 32;
/** For functions of a library, whose frames depend on data. */
const UNKNOWN_STACK = 64 * 1024;

async function compileOne(
  project: Project,
  virtine: VirtineFunction,
): Promise<{ report: CVirtineReport; images: NativeImages }> {
  const file = await writeGlue(project, virtine);
  const sources = project.files.filter((each) => each !== virtine.file);
  const common = { file, sources, flags: project.flags, cacheDir: project.cacheDir };
  const lean = { smallRequest: requestSize(virtine), smallOut: scalarsOnly(virtine.result) ? 256 : 512 };
  const heap = virtine.options.heap === undefined ? 64 * 1024 : pageUp(virtine.options.heap);
  const build = await buildC({ ...common, lean, analyse: true, stackSize: 64 * 1024, heapSize: heap });
  const [general, wasm32, process] = await Promise.all([
    buildC(common),
    project.targets.has('wasm32') ? buildC({ ...common, target: 'wasm32' }) : undefined,
    project.targets.has('process') ? buildC({ ...common, target: 'process' }) : undefined,
  ]);
  const { image, report } = await analyse(project, virtine, build, general, lean.smallRequest);
  const others = { ...(wasm32 && { wasm32: wasm32.image }), ...(process && { process: process.image }) };
  const images: NativeImages = { virtine: image, ...others };
  const hashes = Object.fromEntries(Object.entries(images).map(([target, bytes]) => [target, contentKey([bytes])]));
  return { report: { ...report, images: hashes }, images };
}

async function analyse(
  project: Project,
  virtine: VirtineFunction,
  build: CBuild,
  general: CBuild,
  smallRequest: number,
): Promise<{ image: Uint8Array; report: Omit<CVirtineReport, 'images'> }> {
  const graph = await readGraph(build.image, build.callGraph ?? '');
  const units = await unitsFor(project, graph);
  const targets = targetsIn(graph, units);
  const bound = stackBound(graph, '_start', targets);
  const given = stackFor(virtine, bound);
  const image = withStack(build.image, given);
  const chains = chainsFrom(graph, '_start', targets);
  const place = `${relative(project.root, virtine.file)}:${virtine.line}`;
  const reached = hypercallsIn(graph, chains, project.root);
  const policy = leastPolicy(
    { name: virtine.name, place },
    reached,
    virtine.options.allow,
    virtine.options.limits,
    dynamicIn(graph, chains),
  );
  const parts = partsOf(graph, chains, targets, project.root);
  const named = (test: (part: (typeof parts.functions)[number]) => boolean) =>
    parts.functions.filter(test).map(({ name }) => name);
  const library = named(({ origin }) => origin === 'library');
  const { warnings, ...granted } = policy;
  const report = {
    ...{ name: virtine.name, source: place, ...parts },
    stack: {
      bytes: bound.bytes,
      given,
      ...(bound.unbounded !== undefined && { unbounded: `unbounded: ${bound.unbounded}` }),
    },
    ...{ library, vector: named(({ vector }) => vector), float: named(({ float }) => float) },
    hypercalls: reached.map(({ name, chain }) => ({ name, because: chain })),
    ...granted,
    environment: { library: library.length > 0, heap: graph.has('heap_allocate'), smallRequest, scrub: SCRUB },
    size: { before: sizesOf(general.image), after: sizesOf(image) },
    warnings: [...warnings, ...stackWarning(virtine, bound, given, place)],
  };
  return { image, report };
}

/** The other files are read only where calls through pointers make their types matter. */
async function unitsFor(project: Project, graph: ImageGraph): Promise<Unit[]> {
  const matters = [...graph.values()].some((node) => node.indirect > 0 && !isRuntime(node));
  const units: Unit[] = [];
  if (matters) for (const file of project.files) units.push(await unitOf(project, file));
  return units;
}

const pageUp = (bytes: number) => Math.max(1, Math.ceil(bytes / STACK_PAGE)) * STACK_PAGE;

function stackFor({ options, name }: VirtineFunction, bound: StackBound): number {
  if (options.stack === undefined) {
    const unknown = bound.unbounded !== undefined && bound.turn === 0 ? UNKNOWN_STACK : 0;
    return pageUp(bound.bytes + TURNS * bound.turn + unknown);
  }
  if (bound.unbounded === undefined && options.stack < bound.bytes)
    throw new ColonyError(
      'ERR_COMPILE',
      `${name}: stack(${options.stack}) is less than the ${bound.bytes} bytes that it can need`,
    );
  return pageUp(options.stack);
}

function stackWarning({ name, options }: VirtineFunction, bound: StackBound, given: number, place: string): string[] {
  if (bound.unbounded === undefined || options.stack !== undefined) return [];
  return [
    `${place}: the stack of ${name} is unbounded: ${bound.unbounded}; it has ${given} bytes: say how much with stack("64KiB")`,
  ];
}

function hypercallsIn(
  graph: ImageGraph,
  chains: ReadonlyMap<string, readonly string[]>,
  root: string,
): ReachedHypercall[] {
  const reached: ReachedHypercall[] = [];
  for (const node of [...graph.values()].sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const chain = chains.get(node.name);
    if (chain === undefined) continue;
    const from = chain.slice(chain.findIndex((name) => name.startsWith('colony_thunk_')) + 1);
    for (const name of [...node.hypercalls].sort())
      reached.push({ name, chain: from.length > 0 ? from : [node.name], ...sourceOf(node, root) });
  }
  return reached.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
}

/** A function that calls a host function by a name that is no literal. */
function dynamicIn(graph: ImageGraph, chains: ReadonlyMap<string, readonly string[]>): readonly string[] | undefined {
  for (const node of graph.values()) {
    const calls = node.calls.has('colony_call_values') && node.hypercalls.size === 0;
    if (calls && chains.has(node.name) && originOf(node) !== 'runtime') return chains.get(node.name)!.slice(-3);
  }
  return undefined;
}

function sizesOf(image: Uint8Array): CSizes {
  const pages = ownedPages(image);
  const imageBytes = readImage(image).segments.reduce((sum, { memorySize }) => sum + memorySize, 0);
  return { imageBytes, pages, owned: pages.total * 4096 };
}

/** Frames of numbers alone have a bound; others go where a general image's do. */
function requestSize({ parameters, name }: VirtineFunction): number {
  const passed = parameters.filter((parameter) => parameter.passed);
  if (!passed.every(({ type }) => scalarsOnly(type))) return 16384;
  const bytes = 16 + name.length + passed.reduce((sum, { type }) => sum + encodedSize(type), 0);
  return bytes <= 256 ? 256 : bytes <= 1024 ? 1024 : bytes <= 4096 ? 4096 : 16384;
}

const scalarsOnly = (type: CType): boolean => {
  if (type.kind === 'struct') return type.fields.every((field) => scalarsOnly(field.type));
  return type.kind !== 'string' && type.kind !== 'bytes' && type.kind !== 'buffer' && type.kind !== 'array';
};

/** At most: a number may come as a bigint, which has two heads. */
function encodedSize(type: CType): number {
  if (type.kind !== 'struct') return 12;
  return type.fields.reduce((sum, field) => sum + 9 + field.name.length + encodedSize(field.type), 9);
}

async function writeOut(folder: string, name: string, { virtines, program, bindings }: CompiledC): Promise<void> {
  await mkdir(folder, { recursive: true });
  await Promise.all([
    writeFile(join(folder, `${name}.colony`), program.bytes),
    writeFile(join(folder, `${name}.js`), bindings.js),
    writeFile(join(folder, `${name}.d.ts`), bindings.dts),
    writeFile(join(folder, `${name}.report.json`), `${JSON.stringify(virtines, null, 2)}\n`),
  ]);
}
