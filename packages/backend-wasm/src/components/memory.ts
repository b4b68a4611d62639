/** A component's memory as jco's glue sees it: every access is counted, and a list that reaches outside is an error. */
import { RunEnd } from '../guest/host.js';
import type { Meter } from './meter.js';

/** The error for pointers, lengths or values of the guest that break the canonical ABI. */
export function brokenAbi(what: string): RunEnd {
  return new RunEnd('ERR_GUEST_PROTOCOL', `the component broke the canonical ABI: ${what}`);
}

export type TextDecoderClass = new (label?: string) => { decode(bytes: Uint8Array): string };

export class GlueMemory {
  readonly real: WebAssembly.Memory;
  readonly #meter: Meter;
  /** Asking V8 for it costs more than the rest; growth detaches it. */
  #buffer: ArrayBuffer;

  constructor(real: WebAssembly.Memory, meter: Meter) {
    this.real = real;
    this.#meter = meter;
    this.#buffer = real.buffer;
  }

  get buffer(): ArrayBuffer {
    this.#meter.value();
    if (this.#buffer.byteLength === 0) this.#buffer = this.real.buffer;
    return this.#buffer;
  }

  /** A copy of a list of numbers. The glue would take what `ArrayBuffer.slice` gives: as much as there is. */
  slice(start: number, end: number): ArrayBuffer {
    const { buffer } = this;
    if (start < 0 || end < start || end > buffer.byteLength) throw brokenAbi('a list lies outside of the memory');
    this.#meter.bytes(end - start);
    return buffer.slice(start, end);
  }
}

/** By encoding; V8's are costly to make. */
const strict = new Map<string, InstanceType<typeof TextDecoder>>();

function strictDecoder(label: string): InstanceType<typeof TextDecoder> {
  let decoder = strict.get(label);
  if (decoder === undefined) {
    decoder = new TextDecoder(label, { fatal: true, ignoreBOM: true });
    strict.set(label, decoder);
  }
  return decoder;
}

/** Replaces TextDecoder: the standard one replaces invalid Unicode and drops a byte order mark. */
export function textDecoders(meter: Meter): TextDecoderClass {
  // Returns an object of its own: `new` gives that.
  function GuestTextDecoder(label = 'utf-8') {
    const decoder = strictDecoder(label);
    return {
      decode(bytes: Uint8Array): string {
        meter.bytes(bytes.byteLength);
        try {
          return decoder.decode(bytes);
        } catch {
          throw brokenAbi('a string is not valid Unicode');
        }
      },
    };
  }
  return GuestTextDecoder as unknown as TextDecoderClass;
}
