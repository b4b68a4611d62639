/** Modules in, modules and reports out. Keeps what it knows, so that an edit rebuilds only what it touches. */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { ColonyError, type LimitsInput } from '@colony/core';
import { stampsOf } from '@colony/guest';
import type { CompiledC } from '../c/compile.js';
import { CModules, keepDeclarations } from '../c/module.js';
import { inCi, Lock } from '../lock/lock.js';
import { canonical } from '../policy/canonical.js';
import { profiledBeside, type WrittenOptions } from '../policy/effective.js';
import { limitsFrom, type ProfiledLimits } from '../profile/limits.js';
import { PROFILE_FILE, profileKey, readProfile } from '../profile/profile.js';
import { type Refusal, refusalError, refusalsIn } from '../refusals/refusal.js';
import type { VirtineReport } from '../report/types.js';
import type { VirtineDescriptor } from '../runtime/types.js';
import { nameFrom } from '../source/names.js';
import { type BundleOptions, Bundler } from '../ts/bundle/bundle.js';
import { sliceModule } from '../ts/bundle/slice.js';
import { readSurroundings, type Surroundings } from '../ts/bundle/surroundings.js';
import { type Capture, type CaptureChoice, Capturer } from '../ts/capture/capture.js';
import { Neighbours } from '../ts/capture/neighbours.js';
import { modulesOf } from '../ts/facts/inside.js';
import { type Compiled, emitModule } from '../ts/host/emit.js';
import { type Attempt, settle } from '../ts/settle.js';
import type { SnapshotOutput } from '../ts/snapshots/freeze.js';
import { Shipper } from '../ts/snapshots/ship.js';
import { refuseCommonJs } from '../ts/syntax/directive.js';
import { isCommonJs, type Parsed, parse } from '../ts/syntax/parse.js';
import { analyseScopes, type Scopes } from '../ts/syntax/scopes.js';
import { type Synthesis, synthesize } from '../ts/synthesize.js';
import { findVirtines, type Search, type VirtineSite } from '../ts/virtines/find.js';
import { readOptions } from '../ts/virtines/options.js';
import { type CompilerOptions, readCompilerOptions } from './options.js';
import { acceptedBy, projectLimits } from './project.js';

export interface ModuleInput {
  /** Absolute path; what follows a `?` is ignored. */
  readonly id: string;
  readonly code: string;
}

export interface ModuleOutput {
  readonly code: string;
  /** Source map of the host's module, version 3, JSON. */
  readonly map: string;
  readonly virtines: readonly VirtineReport[];
  /** What the runtime gets of each, in the same order; of a C file none. */
  readonly descriptors: readonly VirtineDescriptor[];
  /** Files besides the module itself that the result depends on, absolute. */
  readonly watchFiles: readonly string[];
  readonly warnings: readonly string[];
  /** States of the programs, to be written beside the code under their names. */
  readonly snapshots: readonly SnapshotOutput[];
  /** Of a C file: what `writeC` of `@colony/compiler/c` writes. */
  readonly native?: CompiledC;
}

interface Cached {
  readonly slice: string;
  readonly key: string;
  readonly stamps: string;
  readonly code: string;
  readonly map: string;
  readonly sizes: string;
  readonly inputs: readonly string[];
  readonly synthesis: Synthesis;
}

/** What a build starts from. */
interface Ready {
  readonly parsed: Parsed;
  readonly scopes: Scopes;
  readonly site: VirtineSite;
  readonly all: readonly VirtineSite[];
  readonly capture: Capture;
  readonly written: WrittenOptions;
}

interface Entry {
  readonly file: string;
  readonly bundler: Bundler;
  /** Of the last build; it may have tried several. */
  cached: readonly Cached[];
}

const SOURCE = /\.[cm]?[jt]sx?$/;
const C_SOURCE = /\.c$/;
const NO_MAP = JSON.stringify({ version: 3, sources: [], names: [], mappings: '' });

export class Compiler {
  readonly root: string;
  readonly #options: BundleOptions;
  readonly #accept: readonly string[];
  readonly #limits: LimitsInput;
  readonly #shipper: Shipper;
  /** By file, then by the virtine's order in it. */
  readonly #entries = new Map<string, Entry[]>();
  readonly #lock: Lock | undefined;
  readonly #profile: string | undefined;
  /** By file, those of the build before, refused or not. */
  readonly #watched = new Map<string, readonly string[]>();
  readonly #neighbours: Neighbours;
  readonly #c: CModules;
  /** Whether declarations of C files are kept beside them, or only compared. */
  readonly #declarations: 'written' | 'compared' | undefined;

  /**
   * @param around what a bundler does besides; `given` stands before it
   * @throws ColonyError ERR_BAD_OPTION
   */
  constructor(given: CompilerOptions = {}, around: Surroundings = {}) {
    const options = readCompilerOptions(given);
    const surroundings = readSurroundings(around);
    this.root = resolve(options.root ?? process.cwd());
    const { mode = surroundings.mode ?? 'production' } = options;
    const conditions = [...(options.conditions ?? []), ...(surroundings.conditions ?? [])];
    this.#options = { root: this.root, mode, conditions, surroundings };
    this.#neighbours = new Neighbours(this.root);
    this.#accept = [...acceptedBy(this.root), ...(options.accept ?? [])];
    this.#limits = { ...projectLimits(this.root), ...options.limits };
    this.#shipper = new Shipper(options.snapshot);
    this.#lock = lockOf(this.root, options);
    this.#c = new CModules(this.root, options.c ?? {});
    const isFrozen = options.frozen ?? inCi();
    this.#declarations = options.c?.declarations === true ? (isFrozen ? 'compared' : 'written') : undefined;
    const { profile = true } = options;
    if (profile !== false) this.#profile = resolve(this.root, profile === true ? PROFILE_FILE : profile);
  }

  /** Nothing where the module has no virtine. @throws ColonyError ERR_COMPILE, `details.refusals` */
  async compileModule({ id, code }: ModuleInput): Promise<ModuleOutput | undefined> {
    const file = id.replace(/\?.*$/, '');
    try {
      return await this.#compileModule(file, code);
    } catch (error) {
      throw isStackOverflow(error) ? tooDeep(this.#nameOf(file), error) : error;
    }
  }

  async #compileModule(file: string, code: string): Promise<ModuleOutput | undefined> {
    if (C_SOURCE.test(file)) return await this.#compileC(file);
    // Most modules: not worth a parse.
    if (!code.includes('virtine') || !SOURCE.test(file)) {
      if (this.#entries.has(file)) await this.#forget(file);
      return undefined;
    }
    const parsed = parse(this.#nameOf(file), code);
    const scopes = analyseScopes(parsed.program);
    const search = findVirtines(parsed, scopes);
    const { sites, refusals } = search;
    if (sites.length > 0 && isCommonJs(file, code)) refuseCommonJs(this.#nameOf(file), code);
    if (sites.length > 0) return await this.#compile(file, parsed, scopes, search);
    if (refusals.length > 0) throw refusalError(refusals);
    await this.#forget(file);
    return undefined;
  }

  /** The same for a file on disk. */
  async compileFile(file: string): Promise<ModuleOutput | undefined> {
    const id = resolve(this.root, file);
    return await this.compileModule({ id, code: await readFile(id, 'utf8') });
  }

  /** Files besides the module itself that its last build depended on, also where it was refused; absolute. */
  watchFilesOf(id: string): readonly string[] {
    const file = id.replace(/\?.*$/, '');
    return C_SOURCE.test(file) ? this.#c.watchFilesOf(file) : (this.#watched.get(file) ?? []);
  }

  /** Writes the lock file, where there is one, with what was compiled since. Gives whether it changed. */
  async saveLock(): Promise<boolean> {
    return (await this.#lock?.save()) ?? false;
  }

  async dispose(): Promise<void> {
    await Promise.all([...this.#entries.keys()].map((file) => this.#trim(file, 0)));
  }

  #nameOf(file: string): string {
    return nameFrom(this.root, file);
  }

  async #forget(file: string): Promise<void> {
    await this.#lock?.check(this.#nameOf(file), [], []);
    await this.#trim(file, 0);
  }

  async #trim(file: string, count: number): Promise<void> {
    const dropped = this.#entries.get(file)?.splice(count) ?? [];
    await Promise.all(dropped.map(({ bundler }) => bundler.dispose()));
  }

  /** Compilers read it from the disk. */
  async #compileC(file: string): Promise<ModuleOutput> {
    const native = await this.#c.compile(file);
    const { virtines, bindings, warnings } = native;
    const watchFiles = this.#c.watchFilesOf(file);
    const shown = this.#nameOf(file);
    const wider = (await this.#lock?.check(shown, virtines, [file, ...watchFiles])) ?? [];
    const keep = { text: bindings.dts, shown, isFrozen: this.#declarations === 'compared' };
    const stale = this.#declarations && (await keepDeclarations(file, keep));
    return {
      code: bindings.js,
      map: NO_MAP,
      virtines,
      descriptors: [],
      snapshots: [],
      watchFiles,
      warnings: [...warnings, ...wider, ...(stale ?? [])],
      native,
    };
  }

  async #compile(file: string, parsed: Parsed, scopes: Scopes, search: Search): Promise<ModuleOutput> {
    const { sites } = search;
    const entries = this.#entries.get(file) ?? [];
    this.#entries.set(file, entries);
    await this.#trim(file, sites.length);
    this.#neighbours.refresh();
    const outcomes = await Promise.all(
      sites.map(async (site, index) => {
        entries[index] ??= { file, bundler: new Bundler(file, this.#options), cached: [] };
        return await this.#synthesize(entries[index], parsed, scopes, site, sites).catch(refusalsOf);
      }),
    );
    const results = outcomes.flatMap((each) => ('refused' in each ? [] : [each]));
    const sources = [...new Set(results.flatMap(({ inputs }) => inputs))].sort();
    const profile = this.#profile !== undefined && existsSync(this.#profile) ? [this.#profile] : [];
    const watchFiles = [...sources, ...profile];
    // Of one that was not built it is not known what it needs: what the last build needed stays watched.
    const before = results.length < outcomes.length ? this.watchFilesOf(file) : [];
    this.#watched.set(file, [...new Set([...watchFiles, ...before])]);
    const refusals = outcomes.flatMap((each) => ('refused' in each ? each.refused : each.refusals));
    // All of the module at once.
    if (search.refusals.length + refusals.length > 0) throw refusalError([...search.refusals, ...refusals]);
    const made = await this.#shipper.ship(results);
    const compiled: Compiled[] = made.map(({ descriptor }, index) => ({ site: sites[index]!, descriptor }));
    const virtines = made.map(({ report }) => report);
    const wider = (await this.#lock?.check(parsed.lines.file, virtines, [file, ...sources])) ?? [];
    return {
      ...emitModule(parsed, compiled),
      virtines,
      descriptors: made.map(({ descriptor }) => descriptor),
      snapshots: made.flatMap(({ snapshots }) => snapshots),
      watchFiles,
      warnings: [...virtines.flatMap(({ warnings }) => warnings), ...wider, ...made.flatMap((each) => each.warnings)],
    };
  }

  #profiledOf({ name }: VirtineSite, file: string): ProfiledLimits | undefined {
    if (this.#profile === undefined) return undefined;
    const needed = readProfile(this.#profile)?.virtines[profileKey(file, name)];
    return needed && limitsFrom(needed, this.#nameOf(this.#profile));
  }

  async #synthesize(
    entry: Entry,
    parsed: Parsed,
    scopes: Scopes,
    site: VirtineSite,
    all: readonly VirtineSite[],
  ): Promise<Synthesis> {
    const around = { file: entry.file, neighbours: this.#neighbours };
    const made: Cached[] = [];
    const known = [...entry.cached];
    let written: WrittenOptions | undefined;
    const build = async (choice: CaptureChoice): Promise<Attempt> => {
      const hidden = all.flatMap(({ options }) => (options === undefined ? [] : [options]));
      const capture = new Capturer(parsed, scopes, site, hidden, all, choice, around).run();
      if (capture.refusals.length > 0) return { capture, error: refusalError(capture.refusals) };
      try {
        written ??= readOptions(site, parsed, scopes, all);
        const ready = { parsed, scopes, site, all, capture, written };
        const cached = await this.#build(entry, [...made, ...known], ready);
        made.push(cached);
        const { synthesis } = cached;
        const hosted = synthesis.hosted.filter((name) => !choice.hosted.has(name));
        if (hosted.length === 0) return { capture, synthesis };
        return await build({ ...choice, hosted: new Set([...choice.hosted, ...hosted]) });
      } catch (error) {
        if (ColonyError.is(error)) return { capture, error };
        throw error;
      }
    };
    const synthesis = await settle(parsed, (leave) => build({ leave, hosted: new Set() }));
    entry.cached = made;
    return synthesis;
  }

  async #build(
    { bundler, file }: Entry,
    known: readonly Cached[],
    { parsed, scopes, site, all, capture, written }: Ready,
  ): Promise<Cached> {
    const slice = sliceModule(parsed, scopes, site, all, capture);
    const place = parsed.lines.at(site.target.start);
    const project = this.#limits;
    const profiled = profiledBeside(this.#profiledOf(site, place.file), { written, project });
    // All that the result depends on besides the bundle.
    const key = canonical([site.name, site.kind, place, written, capture.captured, capture.warnings, profiled]);
    const cached = known.find((each) => each.slice === slice.code && each.key === key);
    if (cached !== undefined && cached.stamps === stampsOf(cached.inputs)) return cached;
    const bundled = await bundler.build(slice.code);
    const { code, map, inputs } = bundled;
    const stamps = bundled.isVirtual ? '' : stampsOf(inputs);
    // An edit of what was left out anyway, that did not change a size in the report either.
    const sizes = JSON.stringify(modulesOf(bundled.metafile));
    const isKept = cached?.code === code && cached.map === map && cached.sizes === sizes;
    const neighbours = this.#neighbours;
    const around = { root: this.root, neighbours, imported: neighbours.importsOf(file, parsed) };
    const sources = { written, project, profiled };
    const made = { parsed, site, sources, capture, slice, bundled, accept: this.#accept, around };
    const synthesis = isKept ? cached.synthesis : synthesize(made);
    return { slice: slice.code, key, stamps, code, map, sizes, inputs, synthesis };
  }
}

/** What was refused before anything was built, beside what is refused of others. */
function refusalsOf(error: unknown): { readonly refused: readonly Refusal[] } {
  const refused = refusalsIn(error);
  if (refused === undefined) throw error;
  return { refused };
}

function lockOf(root: string, { lock = false, frozen, acceptGrants = false }: CompilerOptions): Lock | undefined {
  if (lock === false) return undefined;
  const path = lock === true ? {} : { path: lock };
  return new Lock({ root, acceptGrants, ...path, ...(frozen === undefined ? {} : { frozen }) });
}

/** One module, without keeping anything. @throws ColonyError ERR_COMPILE */
export async function compileModule(input: ModuleInput & CompilerOptions): Promise<ModuleOutput | undefined> {
  const { id, code, ...options } = input;
  const compiler = new Compiler(options);
  try {
    return await compiler.compileModule({ id, code });
  } finally {
    await compiler.dispose();
  }
}

const isStackOverflow = (error: unknown): boolean =>
  error instanceof RangeError && error.message.startsWith('Maximum call stack');

function tooDeep(file: string, cause: unknown): ColonyError {
  const message = `${file}: its code is nested too deeply to be analysed, or too many of its variables stand for one another`;
  return new ColonyError('ERR_COMPILE', message, { cause, details: { path: file } });
}
