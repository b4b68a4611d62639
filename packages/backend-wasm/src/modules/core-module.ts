/** Core modules: the host reads the call frame, and imports are hypercalls named `module.name` with numbers. */
import { ColonyError } from '@colony/core';
import { decode, encodeBuffer, FRAME_LIMITS } from '@colony/core/codec';
import { asOutcome, type BatchFrame, type CallFrame, FRAME_BATCH, type Outcome } from '@colony/core/frames';
import type { Guest, GuestFactory, GuestState } from '../guest/guest.js';
import { type GuestHost, RunEnd } from '../guest/host.js';
import { Instance } from '../guest/instance.js';
import type { FunctionExport, FunctionImport, ModuleFacts, PreparedModule, Signature } from '../prepare/prepared.js';
import { fromWasm, GuestThrow, replyToWasm, toWasm } from './arguments.js';

export interface PreparedWasm {
  readonly kind: 'wasm';
  readonly module: PreparedModule;
}
type WasmFunction = (...args: (number | bigint)[]) => unknown;

/** Parameters that fit the registers by which the other backends call. */
const MAX_INTEGERS = 6;
const MAX_FLOATS = 8;
/** A reactor's constructors: they run before the first call, and are not an export of the program. */
const INITIALIZE = '_initialize';
const OPTIONS = { root: 'result', frame: true };

function unsupported(what: string): ColonyError {
  return new ColonyError('ERR_UNSUPPORTED', `the Wasm module ${what}, which Colony does not offer`);
}

const isNumber = (type: string): boolean => /^[if](32|64)$/.test(type);

function checkTypes(name: string, { parameters, results }: Signature): void {
  if (![...parameters, ...results].every(isNumber) || results.length > 1)
    throw unsupported(`has \`${name}\` with a type that is not i32, i64, f32 or f64, or with several results`);
}

/** @throws ColonyError ERR_UNSUPPORTED for imports and exports that a program cannot have */
export function checkModule({ imports, otherImports, exports }: ModuleFacts): void {
  const [other] = otherImports;
  if (other !== undefined) throw unsupported(`imports \`${other.module}.${other.name}\`, a memory, table or global`);
  for (const item of imports) checkTypes(`${item.module}.${item.name}`, item);
  for (const item of exports) {
    checkTypes(item.name, item);
    const floats = item.parameters.filter((type) => type.startsWith('f')).length;
    if (floats > MAX_FLOATS || item.parameters.length - floats > MAX_INTEGERS) {
      const limits = `more than ${MAX_INTEGERS} integer or ${MAX_FLOATS} floating-point parameters`;
      throw unsupported(`exports \`${item.name}\` with ${limits}`);
    }
  }
}

/** Names of the functions that can be called. */
export function moduleExports({ exports }: ModuleFacts): string[] {
  return exports.map(({ name }) => name).filter((name) => name !== INITIALIZE);
}

class ModuleGuest implements Guest {
  readonly #host: GuestHost;
  readonly #instance: Instance;
  readonly #functions = new Map<string, FunctionExport>();
  #started = false;

  constructor({ facts, module }: PreparedModule, host: GuestHost) {
    this.#host = host;
    for (const item of facts.exports) if (item.name !== INITIALIZE) this.#functions.set(item.name, item);
    this.#instance = new Instance({ facts, module }, this.#imports(facts.imports), host);
  }

  get memory(): number {
    return this.#instance.size;
  }

  start(): void {
    this.#instance.start();
    const initialize = this.#instance.exports[INITIALIZE];
    if (typeof initialize === 'function') (initialize as WasmFunction)();
    this.#started = true;
  }

  serve(request: Uint8Array): Uint8Array {
    const [kind, name, args] = decode(request, FRAME_LIMITS) as CallFrame | BatchFrame;
    const item = this.#functions.get(name);
    if (item === undefined) return this.#encode(this.#missing(name));
    if (kind !== FRAME_BATCH) return this.#encode(this.#call(item, args));
    return this.#encode([0, (args as BatchFrame[2]).map((row) => this.#call(item, row))]);
  }

  freeze(): GuestState {
    return this.#instance.freeze();
  }

  save(over: GuestState): GuestState {
    return this.#instance.save(over);
  }

  restore(state: GuestState): boolean {
    this.#started = true;
    return this.#instance.restore(state);
  }

  #call(item: FunctionExport, args: readonly unknown[]): Outcome {
    try {
      const target = this.#instance.exports[item.name] as WasmFunction;
      return [0, fromWasm(target(...toWasm(item, args)))];
    } catch (error) {
      if (error instanceof GuestThrow) return [1, error.info];
      throw error;
    }
  }

  #missing(name: string): Outcome {
    const names = [...this.#functions.keys()].join(', ');
    const message = `the program exports no function \`${name}\`; it exports ${names}`;
    return [1, { name: 'ColonyError', code: 'ERR_NO_SUCH_EXPORT', message }];
  }

  #encode(outcome: Outcome): Uint8Array {
    const { output } = this.#host.limits;
    return encoded(outcome, output);
  }

  #imports(imports: readonly FunctionImport[]): WebAssembly.Imports {
    const result: Record<string, Record<string, unknown>> = Object.create(null);
    for (const item of imports) {
      result[item.module] ??= Object.create(null) as Record<string, unknown>;
      result[item.module]![item.name] = this.#import(item);
    }
    return result;
  }

  #import({ module, name, results }: FunctionImport): WasmFunction {
    const [result] = results;
    return (...args) => {
      if (!this.#started) throw new RunEnd('ERR_GUEST_PROTOCOL', 'the module made a hypercall before its first call');
      const request = encoded([`${module}.${name}`, args.map(fromWasm)], this.#host.limits.output);
      const reply = asOutcome(decode(this.#host.hypercall(request), FRAME_LIMITS));
      if (reply[0] === 1) throw new GuestThrow(reply[1]);
      return result === undefined ? undefined : replyToWasm(reply[1], result);
    };
  }
}

/** @throws RunEnd ERR_LIMIT_OUTPUT */
function encoded(value: unknown, maxBytes: number): Uint8Array {
  try {
    return new Uint8Array(encodeBuffer(value, { ...FRAME_LIMITS, maxBytes }, OPTIONS));
  } catch (error) {
    if (ColonyError.is(error) && error.code === 'ERR_LIMIT_OUTPUT') throw new RunEnd('ERR_LIMIT_OUTPUT', '');
    throw error;
  }
}

export const moduleGuest: GuestFactory<PreparedWasm> = ({ module }, host, state) => {
  const guest = new ModuleGuest(module, host);
  if (state === undefined) guest.start();
  else if (!guest.restore(state)) throw new RunEnd('ERR_INTERNAL', 'a state does not fit its module');
  return guest;
};
