/**
 * Builds one virtine of a module. Keeps its bundler and its last result, so that an edit rebuilds only what it touches.
 */
import { existsSync } from 'node:fs';
import { ColonyError, type LimitsInput } from '@colony/core';
import { stampsOf } from '@colony/guest';
import { canonical } from '../policy/canonical.js';
import { profiledBeside, type WrittenOptions } from '../policy/effective.js';
import { limitsFrom, type ProfiledLimits } from '../profile/limits.js';
import { profileKey, readProfile } from '../profile/profile.js';
import { refusalError } from '../refusals/refusal.js';
import { nameFrom } from '../source/names.js';
import { type BundleOptions, Bundler } from './bundle/bundle.js';
import { sliceModule } from './bundle/slice.js';
import { type Capture, type CaptureChoice, Capturer } from './capture/capture.js';
import type { Neighbours } from './capture/neighbours.js';
import { modulesOf } from './facts/inside.js';
import { type Attempt, settle } from './settle.js';
import type { Parsed } from './syntax/parse.js';
import type { Scopes } from './syntax/scopes.js';
import { type Synthesis, synthesize } from './synthesis/synthesize.js';
import type { VirtineSite } from './virtines/find.js';
import { readOptions } from './virtines/options.js';

/** The settings of a project that its virtines are built with. */
export interface ProjectSettings {
  readonly bundle: BundleOptions;
  /** Refusals that are accepted in all virtines. */
  readonly accept: readonly string[];
  /** Limits of virtines that state none of their own. */
  readonly limits: LimitsInput;
  /** Absolute path of the profile that limits are read from; it need not exist. */
  readonly profile: string | undefined;
}

/** A parsed module with all of its virtines. */
export interface ModuleSource {
  readonly parsed: Parsed;
  readonly scopes: Scopes;
  readonly sites: readonly VirtineSite[];
}

/** A result, with everything that it was made from. */
interface Build {
  readonly slice: string;
  readonly key: string;
  readonly stamps: string;
  readonly code: string;
  readonly map: string;
  readonly sizes: string;
  readonly inputs: readonly string[];
  readonly synthesis: Synthesis;
}

export class VirtineBuilder {
  readonly #bundler: Bundler;
  /** All builds of the last run, which may have tried several captures. */
  #builds: readonly Build[] = [];

  constructor(
    private readonly file: string,
    private readonly settings: ProjectSettings,
    private readonly neighbours: Neighbours,
  ) {
    this.#bundler = new Bundler(file, settings.bundle);
  }

  /** @throws ColonyError ERR_COMPILE, `details.refusals` */
  async build(module: ModuleSource, site: VirtineSite): Promise<Synthesis> {
    const { parsed, scopes, sites } = module;
    const around = { file: this.file, neighbours: this.neighbours };
    const hidden = sites.flatMap(({ options }) => (options === undefined ? [] : [options]));
    const made: Build[] = [];
    const known = [...this.#builds];
    let written: WrittenOptions | undefined;
    const attempt = async (choice: CaptureChoice): Promise<Attempt> => {
      const capture = new Capturer(parsed, scopes, site, hidden, sites, choice, around).run();
      if (capture.refusals.length > 0) return { capture, error: refusalError(capture.refusals) };
      try {
        written ??= readOptions(site, parsed, scopes, sites);
        const build = await this.#build(module, site, capture, written, [...made, ...known]);
        made.push(build);
        const { synthesis } = build;
        const hosted = synthesis.hosted.filter((name) => !choice.hosted.has(name));
        if (hosted.length === 0) return { capture, synthesis };
        return await attempt({ ...choice, hosted: new Set([...choice.hosted, ...hosted]) });
      } catch (error) {
        if (ColonyError.is(error)) return { capture, error };
        throw error;
      }
    };
    const synthesis = await settle(parsed, (leave) => attempt({ leave, hosted: new Set() }));
    this.#builds = made;
    return synthesis;
  }

  async #build(
    { parsed, scopes, sites }: ModuleSource,
    site: VirtineSite,
    capture: Capture,
    written: WrittenOptions,
    known: readonly Build[],
  ): Promise<Build> {
    const { limits: project, accept } = this.settings;
    const slice = sliceModule(parsed, scopes, site, sites, capture);
    const place = parsed.lines.at(site.target.start);
    const profiled = profiledBeside(this.#profiledLimits(site, place.file), { written, project });
    // Everything besides the bundle that the result depends on.
    const key = canonical([site.name, site.kind, place, written, capture.captured, capture.warnings, profiled]);
    const before = known.find((build) => build.slice === slice.code && build.key === key);
    if (before !== undefined && before.stamps === stampsOf(before.inputs)) return before;
    const bundled = await this.#bundler.build(slice.code);
    const { code, map, inputs } = bundled;
    const stamps = bundled.isVirtual ? '' : stampsOf(inputs);
    const sizes = JSON.stringify(modulesOf(bundled.metafile));
    // Reuse the result if neither the bundle nor the reported sizes changed.
    const isSame = before?.code === code && before.map === map && before.sizes === sizes;
    const { neighbours } = this;
    const around = { root: this.#root, neighbours, imported: neighbours.importsOf(this.file, parsed) };
    const sources = { written, project, profiled };
    const synthesis = isSame
      ? before.synthesis
      : synthesize({ parsed, site, sources, capture, slice, bundled, accept, around });
    return { slice: slice.code, key, stamps, code, map, sizes, inputs, synthesis };
  }

  get #root(): string {
    return this.settings.bundle.root;
  }

  #profiledLimits({ name }: VirtineSite, file: string): ProfiledLimits | undefined {
    const { profile } = this.settings;
    if (profile === undefined) return undefined;
    const needed = readProfile(profile)?.virtines[profileKey(file, name)];
    return needed && limitsFrom(needed, nameFrom(this.#root, profile));
  }

  async dispose(): Promise<void> {
    await this.#bundler.dispose();
  }
}

/** The profile as a file to watch; none while it does not exist. */
export const watchedProfile = ({ profile }: ProjectSettings): string[] =>
  profile !== undefined && existsSync(profile) ? [profile] : [];
