/** A child's report, which precedes the result frame. The host treats its numbers as a claim. */

/** | f64 CPU ms | f64 bytes of memory | u8 flags |, little endian. */
export const REPORT_BYTES = 17;

/** The run failed because the process may have no more memory for buffers. */
export const OUT_OF_MEMORY = 1;

export interface Report {
  readonly cpuTime: number;
  readonly memory: number;
  readonly flags: number;
}

export function writeReport({ cpuTime, memory, flags }: Report): Uint8Array {
  const bytes = new Uint8Array(REPORT_BYTES);
  const view = new DataView(bytes.buffer);
  view.setFloat64(0, cpuTime, true);
  view.setFloat64(8, memory, true);
  view.setUint8(16, flags);
  return bytes;
}

/** Returns `undefined` if it is too short or its numbers are invalid. */
export function readReport(bytes: Uint8Array): Report | undefined {
  if (bytes.length < REPORT_BYTES) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const [cpuTime, memory, flags] = [view.getFloat64(0, true), view.getFloat64(8, true), view.getUint8(16)];
  const sane = (n: number) => Number.isFinite(n) && n >= 0;
  return sane(cpuTime) && sane(memory) ? { cpuTime, memory, flags } : undefined;
}
