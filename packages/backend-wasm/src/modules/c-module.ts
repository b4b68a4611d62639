/** C programs, built for wasm32 by @colony/guest: the guest runtime inside reads and writes the frames. */
import { ColonyError } from '@colony/core';
import { OP_CALL, OP_FETCH, STATUS_OK, STATUS_TOO_SMALL, TRAP_UNSUPPORTED } from '@colony/guest/abi';
import type { Guest, GuestFactory, GuestState } from '../guest/guest.js';
import { type GuestHost, RunEnd } from '../guest/host.js';
import { Instance } from '../guest/instance.js';
import type { ModuleFacts, PreparedModule, Signature } from '../prepare/prepared.js';

export interface PreparedC {
  readonly kind: 'native';
  readonly module: PreparedModule;
}

/** The module's exports; see contracts.md. */
interface CExports {
  readonly __stack_pointer: { value: number };
  _initialize(): void;
  colony_request(length: number): number;
  colony_serve(length: number): bigint;
  colony_row(argument: number): void;
}

/** Functions that a module may import from `colony`: guest/boot/wasm32/imports.h. */
const IMPORTS: Readonly<Record<string, string>> = {
  hypercall: 'i32 i32 i32 i32 i32 -> i64',
  abort: 'i32 i32 i32 ->',
  protect: 'i32 -> i32',
  throw: '->',
};
/** Functions that a module must export: guest/boot/wasm32/main.c. */
const EXPORTS: Readonly<Record<string, string>> = {
  _initialize: '->',
  colony_request: 'i32 -> i32',
  colony_serve: 'i32 -> i64',
  colony_row: 'i32 ->',
};

const shape = ({ parameters, results }: Signature): string => [...parameters, '->', ...results].join(' ');

function foreign(what: string): ColonyError {
  return new ColonyError('ERR_COMPILE', `the module ${what}: C that Colony built for wasm32 does not`);
}

/** Checks a module: one from the user or from a snapshot file can be any module. @throws ColonyError ERR_COMPILE */
export function checkCModule({ imports, otherImports, exports }: ModuleFacts): void {
  const known = ({ module, name }: { module: string; name: string }) =>
    module === 'colony' && Object.hasOwn(IMPORTS, name);
  const strange = otherImports[0] ?? imports.find((item) => !known(item) || shape(item) !== IMPORTS[item.name]);
  if (strange !== undefined) throw foreign(`imports \`${strange.module}.${strange.name}\``);
  for (const [name, expected] of Object.entries(EXPORTS)) {
    const item = exports.find((candidate) => candidate.name === name);
    if (item === undefined) throw foreign(`lacks the export \`${name}\``);
    if (shape(item) !== expected) throw foreign(`exports \`${name}\` as another function`);
  }
}

/** Checks that the stack pointer can be set: leaving a row restores it. */
function canBePutBack(global: { value: number }): boolean {
  try {
    const { value } = global;
    global.value = value;
    return global instanceof WebAssembly.Global;
  } catch {
    return false;
  }
}

/** Leaves a row, as `longjmp` does elsewhere. */
class RowLeft extends Error {}

const MOST_MESSAGE = 4096;
const strict = new TextDecoder('utf-8', { fatal: true });

class CGuest implements Guest {
  readonly #host: GuestHost;
  readonly #instance: Instance;
  readonly #exports: CExports;
  /** A reply that did not fit, until the guest fetches it. */
  #waiting: Uint8Array | undefined;
  /** Depth of nested rows. */
  #protected = 0;
  #started = false;

  constructor(prepared: PreparedModule, host: GuestHost) {
    this.#host = host;
    this.#instance = new Instance(prepared, { colony: this.#imports() }, host);
    this.#exports = this.#instance.exports as unknown as CExports;
    if (!canBePutBack(this.#exports.__stack_pointer))
      throw new RunEnd('ERR_GUEST_PROTOCOL', 'the module has no stack pointer that can be set');
  }

  get memory(): number {
    return this.#instance.size;
  }

  start(): void {
    this.#exports._initialize();
    this.#started = true;
  }

  serve(request: Uint8Array): Uint8Array {
    const at = this.#exports.colony_request(request.length) >>> 0;
    this.#write(at, request);
    const result = BigInt.asUintN(64, this.#exports.colony_serve(request.length));
    const [from, length] = [Number(result >> 32n), Number(result & 0xffffffffn)];
    if (length > this.#host.limits.output) throw new RunEnd('ERR_LIMIT_OUTPUT', `${length} bytes`);
    return this.#range(from, length).slice();
  }

  freeze(): GuestState {
    return this.#instance.freeze();
  }

  save(over: GuestState): GuestState {
    return this.#instance.save(over);
  }

  restore(state: GuestState): boolean {
    this.#started = true;
    this.#waiting = undefined;
    this.#protected = 0;
    return this.#instance.restore(state);
  }

  /** A checked range of the guest's memory. @throws RunEnd ERR_GUEST_PROTOCOL */
  #range(at: number, length: number): Uint8Array {
    const { memory } = this.#instance;
    if (at > memory.length || length > memory.length - at)
      throw new RunEnd('ERR_GUEST_PROTOCOL', `the guest points to ${length} bytes at ${at}, which are not all its own`);
    return memory.subarray(at, at + length);
  }

  #write(at: number, bytes: Uint8Array): void {
    this.#range(at, bytes.length).set(bytes);
    this.#instance.wrote(at, bytes.length);
  }

  #imports(): Record<string, unknown> {
    return {
      hypercall: (op: number, at: number, length: number, out: number, capacity: number) =>
        this.#hypercall(op, at >>> 0, length >>> 0, out >>> 0, capacity >>> 0),
      abort: (trap: number, at: number, length: number) => this.#abort(trap, at >>> 0, length >>> 0),
      protect: (argument: number) => this.#protect(argument),
      throw: () => {
        if (this.#protected === 0) throw new RunEnd('ERR_GUEST_PROTOCOL', 'the guest left a row that it was not in');
        throw new RowLeft();
      },
    };
  }

  #hypercall(op: number, at: number, length: number, out: number, capacity: number): bigint {
    if (!this.#started) throw new RunEnd('ERR_GUEST_PROTOCOL', 'the program made a hypercall before its first call');
    if (op === OP_CALL) this.#waiting = this.#host.hypercall(this.#range(at, length));
    else if (op !== OP_FETCH || this.#waiting === undefined)
      throw new RunEnd('ERR_GUEST_PROTOCOL', `there is no hypercall ${op} here`);
    const reply = this.#waiting!;
    if (reply.length > capacity) return result(STATUS_TOO_SMALL, reply.length);
    this.#write(out, reply);
    this.#waiting = undefined;
    return result(STATUS_OK, reply.length);
  }

  #abort(trap: number, at: number, length: number): never {
    let message = 'the guest gave up';
    if (length > 0 && length <= MOST_MESSAGE) {
      try {
        message = strict.decode(this.#range(at, length));
      } catch {
        // Only the message is lost.
      }
    }
    throw new RunEnd('ERR_GUEST_TRAP', message, { trap: trap >= 1 && trap <= TRAP_UNSUPPORTED ? trap : 0 });
  }

  #protect(argument: number): number {
    // Leaving a row takes the host longer than the guest pays for.
    this.#host.interrupt();
    const stack = this.#exports.__stack_pointer;
    const pointer = stack.value;
    this.#protected++;
    try {
      this.#exports.colony_row(argument);
      return 0;
    } catch (error) {
      if (!(error instanceof RowLeft)) throw error;
      stack.value = pointer;
      return 1;
    } finally {
      this.#protected--;
    }
  }
}

function result(status: number, length: number): bigint {
  return (BigInt(status) << 32n) | BigInt(length);
}

export const cGuest: GuestFactory<PreparedC> = ({ module }, host, state) => {
  const guest = new CGuest(module, host);
  if (state === undefined) guest.start();
  else if (!guest.restore(state)) throw new RunEnd('ERR_INTERNAL', 'a state does not fit its module');
  return guest;
};
