/**
 * quickjs-ng through the exports of npm's quickjs-wasi, without its JavaScript: values are NaN-boxed 64-bit numbers, a
 * tag above and a 32-bit payload or address below.
 */
import { type GuestHost, RunEnd } from '../guest/host.js';
import { Instance } from '../guest/instance.js';
import type { PreparedModule } from '../prepare/prepared.js';

export type JsValue = bigint;
export type Pointer = number;

const value = (tag: number): JsValue => BigInt(tag) << 32n;
export const JS_UNDEFINED = value(3);
export const JS_EXCEPTION = value(6);

/** The functions of quickjs-ng by name. */
// biome-ignore lint/suspicious/noExplicitAny: each has its own type, which only C knows
type QuickJs = Record<string, (...args: any[]) => any>;

export class Engine {
  readonly instance: Instance;
  readonly qjs: QuickJs;
  readonly host: GuestHost;
  readonly #cell: { value: number };
  context: Pointer = 0;
  runtime: Pointer = 0;

  constructor(prepared: PreparedModule, imports: WebAssembly.Imports, host: GuestHost) {
    this.host = host;
    this.instance = new Instance(prepared, imports, host);
    this.qjs = this.instance.exports as QuickJs;
    this.#cell = this.instance.exports['__stack_pointer'] as { value: number };
  }

  /** Gives the function 16 bytes of the engine's own stack, for what is returned through a pointer. */
  withCell<T>(use: (cell: Pointer) => T): T {
    const stack = this.#cell;
    const cell = stack.value - 16;
    stack.value = cell;
    const result = use(cell);
    stack.value = cell + 16;
    return result;
  }

  u32(at: Pointer): number {
    return this.instance.data.getUint32(at, true);
  }

  argument(argv: Pointer, index: number): JsValue {
    return this.instance.data.getBigUint64(argv + 8 * index, true);
  }

  alloc(size: number): Pointer {
    const at = this.qjs['malloc']!(size) as Pointer;
    if (at === 0) throw new RunEnd('ERR_LIMIT_MEMORY', 'the engine has no memory');
    return at >>> 0;
  }

  /** A copy in the engine's memory that ends with a NUL. The caller frees it. */
  copy(bytes: Uint8Array): Pointer {
    const at = this.alloc(bytes.length + 1);
    const { instance } = this;
    instance.memory[at + bytes.length] = 0;
    instance.memory.set(bytes, at);
    instance.wrote(at, bytes.length + 1);
    return at;
  }

  /** Calls with a C string that lives as long as the call. */
  withText<T>(text: string, use: (at: Pointer, length: number) => T): T {
    const bytes = Buffer.from(text);
    const at = this.copy(bytes);
    const result = use(at, bytes.length);
    this.qjs['free']!(at);
    return result;
  }

  /** The C string at an address, cut to `most` bytes and dots if it is longer. */
  cString(at: Pointer, most: number): string {
    const { memory } = this.instance;
    const length = memory.indexOf(0, at) - at;
    const text = Buffer.from(memory.buffer, at, Math.min(length, most)).toString('utf8');
    return length > most ? `${text}...` : text;
  }

  /** Bytes of an ArrayBuffer; undefined, with a pending exception, for any other value. */
  arrayBuffer(of: JsValue): { at: Pointer; length: number } | undefined {
    return this.withCell((cell) => {
      const at = this.qjs['JS_GetArrayBuffer']!(this.context, cell, of) as Pointer;
      return at === 0 ? undefined : { at: at >>> 0, length: this.u32(cell) };
    });
  }

  /** Text of a value, in the engine's memory. The caller frees it with freeUtf8. Undefined with a pending exception. */
  toUtf8(of: JsValue): { at: Pointer; length: number } | undefined {
    return this.withCell((cell) => {
      const at = this.qjs['JS_ToCStringLen2']!(this.context, cell, of, 0) as Pointer;
      return at === 0 ? undefined : { at: at >>> 0, length: this.u32(cell) };
    });
  }

  freeUtf8(at: Pointer): void {
    this.qjs['JS_FreeCString']!(this.context, at);
  }

  toUint32(of: JsValue): number | undefined {
    if (of >> 32n === 0n) return Number(of);
    return this.withCell((cell) => {
      const converted = (this.qjs['JS_ToInt32']!(this.context, cell, of) as number) >= 0;
      return converted ? this.u32(cell) : undefined;
    });
  }

  newArrayBufferCopy(at: Pointer, length: number): JsValue {
    return this.qjs['JS_NewArrayBufferCopy']!(this.context, at, length) as JsValue;
  }

  getProperty(object: JsValue, name: string): JsValue {
    return this.withText(name, (at) => this.qjs['JS_GetPropertyStr']!(this.context, object, at) as JsValue);
  }

  setProperty(object: JsValue, name: string, to: JsValue): void {
    const status = this.withText(name, (at) => this.qjs['JS_SetPropertyStr']!(this.context, object, at, to) as number);
    if (status < 0) this.dieOfException(name);
  }

  deleteProperty(object: JsValue, name: string): void {
    const atom = this.withText(name, (at) => this.qjs['JS_NewAtom']!(this.context, at) as number);
    this.qjs['JS_DeleteProperty']!(this.context, object, atom, 0);
    this.qjs['JS_FreeAtom']!(this.context, atom);
  }

  free(of: JsValue): void {
    this.qjs['JS_FreeValue']!(this.context, of);
  }

  throwRangeError(message: string): JsValue {
    return this.withText(message, (at) => this.qjs['JS_ThrowRangeError']!(this.context, at, 0) as JsValue);
  }

  /** Ends the run; the message is the pending exception's text. */
  dieOfException(during: string): never {
    const text = this.toUtf8(this.qjs['JS_GetException']!(this.context) as JsValue);
    const bytes = text === undefined ? '' : this.instance.memory.slice(text.at, text.at + Math.min(text.length, 4096));
    throw new RunEnd('ERR_GUEST_TRAP', `${during}: ${Buffer.from(bytes).toString('utf8')}`, { trap: 1 });
  }
}
