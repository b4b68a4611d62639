/**
 * The smallest host for a module of target wasm32: the imports of boot/wasm32/imports.h, and a new instance for each
 * call. It trusts the guest; a backend must not.
 */
import { readFileSync } from 'node:fs';
import { DEFAULT_CODEC_LIMITS } from '@colony/core/codec';
import { decodeHypercall, decodeResult, encodeCall, encodeErrorReply, encodeReply } from '@colony/core/frames';
import { OP_CALL, OP_FETCH, STATUS_OK, STATUS_TOO_SMALL } from '@colony/guest/abi';
import type { HostFunction, Run } from '@colony/guest/harness';

/** Unwinds a guest; only `protect` catches the first. */
const THROWN = Symbol('thrown');
class Aborted extends Error {
  constructor(
    readonly trap: number,
    message: string,
  ) {
    super(message);
  }
}

interface Exports {
  readonly memory: WebAssembly.Memory;
  readonly __stack_pointer: WebAssembly.Global;
  _initialize(): void;
  colony_request(length: number): number;
  colony_serve(length: number): bigint;
  colony_row(row: number): void;
}

interface State {
  readonly memory: Uint8Array;
  readonly stackPointer: number;
}

export class WasmHost {
  readonly #module: WebAssembly.Module;
  #exports!: Exports;
  #pending: Uint8Array = new Uint8Array();
  readonly #start: State;
  host: HostFunction = (name) => {
    throw new Error(`no host function ${name}`);
  };

  constructor(path: string) {
    this.#module = new WebAssembly.Module(readFileSync(path));
    this.#exports = this.#instantiate();
    this.#exports._initialize();
    this.#start = this.#state();
  }

  /** Bytes of memory at the start of a call. */
  get memory(): number {
    return this.#start.memory.length;
  }

  async call(name: string, ...args: unknown[]): Promise<Run> {
    this.#exports = this.#instantiate();
    this.#restore(this.#start);
    return this.callKeep(name, ...args);
  }

  async callKeep(name: string, ...args: unknown[]): Promise<Run> {
    const before = performance.now();
    try {
      const frame = this.serve(Buffer.concat(encodeCall(name, args, DEFAULT_CODEC_LIMITS)));
      const ns = Math.round((performance.now() - before) * 1e6);
      const heap = this.#exports.memory.buffer.byteLength;
      const growths = (heap - this.memory) / 65536;
      return { outcome: decodeResult(frame, DEFAULT_CODEC_LIMITS), info: { ns, dirtyPages: 0, heap, growths } };
    } catch (error) {
      if (error instanceof Aborted) return { trap: error.trap, message: error.message };
      if (error instanceof WebAssembly.RuntimeError || error instanceof RangeError) return { fault: error.message };
      throw error;
    }
  }

  async value(name: string, ...args: unknown[]): Promise<unknown> {
    const run = await this.call(name, ...args);
    if (!('outcome' in run) || run.outcome[0] !== 0) throw new Error(`${name}: ${JSON.stringify(run)}`);
    return run.outcome[1];
  }

  close(): void {}

  /** Returns the result frame of a request frame. */
  serve(request: Uint8Array): Uint8Array {
    const at = this.#exports.colony_request(request.length) >>> 0;
    this.#bytes(at, request.length).set(request);
    const result = BigInt.asUintN(64, this.#exports.colony_serve(request.length));
    return this.#bytes(Number(result >> 32n), Number(result & 0xffffffffn)).slice();
  }

  #bytes(at: number, length: number): Uint8Array {
    return new Uint8Array(this.#exports.memory.buffer, at, length);
  }

  #state(): State {
    const { memory, __stack_pointer } = this.#exports;
    return { memory: new Uint8Array(memory.buffer).slice(), stackPointer: __stack_pointer.value };
  }

  #restore({ memory, stackPointer }: State): void {
    const { memory: own, __stack_pointer } = this.#exports;
    own.grow((memory.length - own.buffer.byteLength) / 65536);
    new Uint8Array(own.buffer).set(memory);
    __stack_pointer.value = stackPointer;
  }

  #instantiate(): Exports {
    const { exports } = new WebAssembly.Instance(this.#module, {
      colony: {
        hypercall: (op: number, at: number, length: number, out: number, capacity: number) =>
          this.#hypercall(op, this.#bytes(at >>> 0, length >>> 0).slice(), out >>> 0, capacity >>> 0),
        abort: (trap: number, at: number, length: number) => {
          throw new Aborted(trap, Buffer.from(this.#bytes(at >>> 0, length >>> 0)).toString());
        },
        protect: (row: number) => this.#protect(row),
        throw: () => {
          throw THROWN;
        },
      },
    });
    return exports as unknown as Exports;
  }

  #protect(row: number): number {
    const before = this.#exports.__stack_pointer.value;
    try {
      this.#exports.colony_row(row);
      return 0;
    } catch (error) {
      if (error !== THROWN) throw error;
      this.#exports.__stack_pointer.value = before;
      return 1;
    }
  }

  #hypercall(op: number, request: Uint8Array, out: number, capacity: number): bigint {
    if (op === OP_CALL) this.#pending = this.#answer(request);
    else if (op !== OP_FETCH) throw new Aborted(0, `operation ${op}`);
    const fits = this.#pending.length <= capacity;
    if (fits) this.#bytes(out, this.#pending.length).set(this.#pending);
    return (BigInt(fits ? STATUS_OK : STATUS_TOO_SMALL) << 32n) | BigInt(this.#pending.length);
  }

  #answer(request: Uint8Array): Uint8Array {
    const { name, args } = decodeHypercall(request, DEFAULT_CODEC_LIMITS);
    try {
      return Buffer.concat(encodeReply(this.host(name, args), DEFAULT_CODEC_LIMITS));
    } catch (error) {
      return Buffer.concat(encodeErrorReply({ name: 'Error', message: String(error) }, DEFAULT_CODEC_LIMITS));
    }
  }
}
