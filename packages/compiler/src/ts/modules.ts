/** Modules of TypeScript and JavaScript: finds their virtines, makes a program of each, and rewrites the module. */

import { type Refusal, refusalError, refusalsIn } from '../refusals/refusal.js';
import type { VirtineReport } from '../report/types.js';
import type { VirtineDescriptor } from '../runtime/types.js';
import { nameFrom } from '../source/names.js';
import { Neighbours } from './capture/neighbours.js';
import { type Emitted, emitModule } from './host/emit.js';
import type { SnapshotOutput } from './snapshots/freeze.js';
import { Shipper } from './snapshots/ship.js';
import { refuseCommonJs } from './syntax/directive.js';
import { isCommonJs, parse } from './syntax/parse.js';
import { analyseScopes } from './syntax/scopes.js';
import type { Synthesis } from './synthesis/synthesize.js';
import { type ModuleSource, type ProjectSettings, VirtineBuilder, watchedProfile } from './virtine-builder.js';
import { findVirtines } from './virtines/find.js';

export interface CompiledModule extends Emitted {
  readonly virtines: readonly VirtineReport[];
  /** The runtime's descriptor of each virtine, in the same order. */
  readonly descriptors: readonly VirtineDescriptor[];
  readonly snapshots: readonly SnapshotOutput[];
  /** Warnings of the snapshots; those of the virtines are in their reports. */
  readonly snapshotWarnings: readonly string[];
  /** The files that the programs were cut from, besides the module itself; absolute. */
  readonly sources: readonly string[];
  /** The sources, and the profile if there is one. */
  readonly watchFiles: readonly string[];
}

export class TypeScriptModules {
  readonly #neighbours: Neighbours;
  readonly #shipper: Shipper;
  /** By file, then by the virtine's order in it. */
  readonly #builders = new Map<string, VirtineBuilder[]>();
  /** By file, from the last build, even if it was refused. */
  readonly #watched = new Map<string, readonly string[]>();

  /** `snapshot`: the backends whose snapshots are shipped. */
  constructor(
    private readonly settings: ProjectSettings,
    snapshot: string | readonly string[] | undefined,
  ) {
    this.#neighbours = new Neighbours(settings.bundle.root);
    this.#shipper = new Shipper(snapshot);
  }

  /** Whether the last build of the file had virtines. */
  has(file: string): boolean {
    return this.#builders.has(file);
  }

  /** Returns `undefined` if the module has no virtine. @throws ColonyError ERR_COMPILE, `details.refusals` */
  async compile(file: string, code: string): Promise<CompiledModule | undefined> {
    const name = nameFrom(this.settings.bundle.root, file);
    const parsed = parse(name, code);
    const scopes = analyseScopes(parsed.program);
    const { sites, refusals } = findVirtines(parsed, scopes);
    if (sites.length > 0 && isCommonJs(file, code)) refuseCommonJs(name, code);
    if (sites.length > 0) return await this.#compile(file, { parsed, scopes, sites }, refusals);
    if (refusals.length > 0) throw refusalError(refusals);
    return undefined;
  }

  /** `refusals`: those that were found before any virtine was built. */
  async #compile(file: string, module: ModuleSource, refusals: readonly Refusal[]): Promise<CompiledModule> {
    const outcomes = await this.#build(file, module);
    const results = outcomes.flatMap((outcome) => ('refused' in outcome ? [] : [outcome]));
    const sources = [...new Set(results.flatMap(({ inputs }) => inputs))].sort();
    const watchFiles = [...sources, ...watchedProfile(this.settings)];
    // The inputs of a virtine that was not built are unknown: watch those of its last build.
    const before = results.length < outcomes.length ? this.watchFilesOf(file) : [];
    this.#watched.set(file, [...new Set([...watchFiles, ...before])]);
    const refused = outcomes.flatMap((outcome) => ('refused' in outcome ? outcome.refused : outcome.refusals));
    // Report all refusals of the module at once.
    if (refusals.length + refused.length > 0) throw refusalError([...refusals, ...refused]);
    const shipped = await this.#shipper.ship(results);
    return {
      ...emitModule(
        module.parsed,
        shipped.map(({ descriptor }, index) => ({ site: module.sites[index]!, descriptor })),
      ),
      virtines: shipped.map(({ report }) => report),
      descriptors: shipped.map(({ descriptor }) => descriptor),
      snapshots: shipped.flatMap(({ snapshots }) => snapshots),
      snapshotWarnings: shipped.flatMap(({ warnings }) => warnings),
      sources,
      watchFiles,
    };
  }

  async #build(file: string, module: ModuleSource): Promise<(Synthesis | Refused)[]> {
    const builders = this.#builders.get(file) ?? [];
    this.#builders.set(file, builders);
    await this.#trim(file, module.sites.length);
    this.#neighbours.refresh();
    return await Promise.all(
      module.sites.map(async (site, index) => {
        builders[index] ??= new VirtineBuilder(file, this.settings, this.#neighbours);
        return await builders[index].build(module, site).catch(refusedOf);
      }),
    );
  }

  /** Files besides the module itself that its last build depended on, even if it was refused; absolute. */
  watchFilesOf(file: string): readonly string[] {
    return this.#watched.get(file) ?? [];
  }

  /** Disposes of what is kept for a file that has no virtines any more. */
  async forget(file: string): Promise<void> {
    await this.#trim(file, 0);
  }

  async dispose(): Promise<void> {
    await Promise.all([...this.#builders.keys()].map((file) => this.#trim(file, 0)));
  }

  async #trim(file: string, count: number): Promise<void> {
    const dropped = this.#builders.get(file)?.splice(count) ?? [];
    await Promise.all(dropped.map((builder) => builder.dispose()));
  }
}

interface Refused {
  readonly refused: readonly Refusal[];
}

/** A virtine that was refused before it was built. Its refusals are reported with those of the others. */
function refusedOf(error: unknown): Refused {
  const refused = refusalsIn(error);
  if (refused === undefined) throw error;
  return { refused };
}
