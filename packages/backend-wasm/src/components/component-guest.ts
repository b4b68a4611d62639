/** A component in one thread: frames in, jco's glue around core modules, frames out. */
import type { GuestErrorInfo } from '@colony/core';
import { decode, FRAME_LIMITS } from '@colony/core/codec';
import { type BatchFrame, type CallFrame, FRAME_BATCH, type Outcome } from '@colony/core/frames';
import { LRUCache } from 'lru-cache';
import type { Guest } from '../guest/guest.js';
import { type GuestHost, RunEnd } from '../guest/host.js';
import { type Ask, ask, encodeOutput } from './ask.js';
import { Cores } from './cores.js';
import { bindExports, checkArguments, type Exports, noSuchExport, Refused } from './exports.js';
import { CutShort, ErrorCase, endOf, thrown } from './failures.js';
import { type GlueExports, type Instantiate, loadGlue } from './glue.js';
import { bindImport, type Import, importFunction } from './imports.js';
import { type TextDecoderClass, textDecoders } from './memory.js';
import { Meter } from './meter.js';
import type { PreparedComponent } from './program.js';
import { Wasi } from './wasi/index.js';
import { Checks } from './wit/check.js';
import { callNames, withoutVersion } from './wit/names.js';

/** The parts of a component that a thread makes once. */
interface Bound {
  readonly instantiate: (decoder: TextDecoderClass) => Instantiate;
  readonly checks: Checks;
  readonly exports: Exports;
  readonly imports: readonly Import[];
  /** WASI's interfaces among the imports. */
  readonly wasi: readonly string[];
}

const MOST_BOUND = 64;
const bounds = new LRUCache<string, Bound>({ max: MOST_BOUND });

const isWasi = (owner: string | undefined): owner is string => owner?.startsWith('wasi:') === true;

function bind({ hash, glue, world }: PreparedComponent): Bound {
  const known = bounds.get(hash);
  if (known !== undefined) return known;
  const checks = new Checks(world);
  const asked = world.imports.filter(({ owner }) => !isWasi(owner));
  const names = callNames(asked);
  const bound: Bound = {
    instantiate: loadGlue(glue),
    checks,
    exports: bindExports(world, checks),
    imports: asked.map((item, index) => bindImport(world, item, names[index]!, checks)),
    wasi: [...new Set(world.importedInterfaces.filter(isWasi).map(withoutVersion))],
  };
  bounds.set(hash, bound);
  return bound;
}

/** Names of the functions that can be called. */
export const exportedNames = (program: PreparedComponent): readonly string[] => bind(program).exports.names;

/** @throws RunEnd */
export function componentGuest(program: PreparedComponent, host: GuestHost): Guest {
  return new ComponentGuest(program, host);
}

class ComponentGuest implements Guest {
  readonly #bound: Bound;
  readonly #host: GuestHost;
  readonly #meter: Meter;
  readonly #cores: Cores;
  readonly #wasi: Wasi;
  readonly #exports: GlueExports;
  /** A component that was left in the middle may not be entered again. */
  #cutShort = false;
  #starting = true;

  constructor(program: PreparedComponent, host: GuestHost) {
    this.#bound = bind(program);
    this.#host = host;
    this.#meter = new Meter(host);
    this.#cores = new Cores(host, this.#meter);
    this.#wasi = new Wasi(host, this.#ask, this.#meter);
    try {
      this.#meter.start(0);
      this.#exports = this.#instantiate(program.cores);
    } catch (error) {
      throw endOf(error);
    }
    this.#starting = false;
  }

  get memory(): number {
    return this.#cores.size + this.#wasi.size;
  }

  serve(request: Uint8Array): Uint8Array {
    if (this.#cutShort) {
      throw new RunEnd(
        'ERR_POISONED',
        'an earlier call was cut short inside of the component; reset() makes it usable',
      );
    }
    const frame = decode(request, FRAME_LIMITS) as CallFrame | BatchFrame;
    const [, name, args] = frame;
    const rows = frame[0] === FRAME_BATCH ? (args as BatchFrame[2]).map((row) => this.#row(name, row)) : undefined;
    const outcome: Outcome = rows === undefined ? this.#row(name, args) : [0, rows];
    return encodeOutput(this.#finished(outcome), this.#host, 'result');
  }

  #instantiate(cores: PreparedComponent['cores']): GlueExports {
    const prepared = Object.values(cores);
    const files = Object.keys(cores);
    const instantiate = this.#bound.instantiate(textDecoders(this.#meter));
    return instantiate(
      (file) => files.indexOf(file),
      this.#imports(),
      (module, imports = {}) => this.#cores.instantiate(prepared[module]!, imports),
    );
  }

  #imports(): Readonly<Record<string, unknown>> {
    const { imports, wasi, checks } = this.#bound;
    const result: Record<string, Readonly<Record<string, unknown>> | undefined> = Object.create(null);
    for (const item of imports) {
      const functions = (result[item.owner] ?? Object.create(null)) as Record<string, unknown>;
      functions[item.property] = importFunction(item, this.#ask, this.#meter, checks);
      result[item.owner] = functions;
    }
    for (const name of wasi) result[name] = this.#wasi.imports(name);
    return result;
  }

  readonly #ask: Ask = (name, args) => {
    if (this.#starting)
      throw new RunEnd('ERR_GUEST_PROTOCOL', 'the component made a hypercall while it was instantiated');
    return ask(this.#host, name, args);
  };

  /** Writes the component's output to the host before the caller gets the result. */
  #finished(outcome: Outcome): Outcome {
    try {
      if (!this.#cutShort) this.#wasi.finish();
      return outcome;
    } catch (error) {
      if (error instanceof CutShort) return [1, error.info];
      if (!(error instanceof ErrorCase)) throw error;
      return [1, { name: 'Error', message: `a file that the component wrote cannot be kept: ${error.payload}` }];
    }
  }

  #row(name: string, args: readonly unknown[]): Outcome {
    if (this.#cutShort) return [1, { name: 'Error', message: 'an earlier row was cut short inside of the component' }];
    try {
      return [0, this.#call(name, args)];
    } catch (error) {
      if (error instanceof Refused) return [1, error.info];
      return [1, this.#failure(error)];
    }
  }

  #call(name: string, args: readonly unknown[]): unknown {
    const { exports, checks } = this.#bound;
    const target = exports.byName.get(name);
    if (target === undefined) throw new Refused(noSuchExport(name, exports));
    checks.takeCount();
    const checked = checkArguments(target, args);
    this.#meter.start(checks.takeCount());
    return target.of(this.#exports)(...checked);
  }

  #failure(error: unknown): GuestErrorInfo {
    try {
      return thrown(error);
    } catch (end) {
      if (!(end instanceof CutShort)) throw end;
      this.#cutShort = true;
      return end.info;
    }
  }
}
