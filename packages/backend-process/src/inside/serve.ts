/** Serves one request, and reports the resources that it took. */
import { Buffer } from 'node:buffer';
import process from 'node:process';
import { getHeapStatistics } from 'node:v8';
import type { Serve } from './realm.js';
import { OUT_OF_MEMORY, writeReport } from './report.js';

/** V8's message when the system gives no memory for an ArrayBuffer. The guest sees a RangeError; the limit ends the call. */
const REFUSED = 'Array buffer allocation failed';

function ranOutOfMemory(result: Uint8Array): boolean {
  // [1, error] in CBOR.
  return result[0] === 0x82 && result[1] === 1 && Buffer.from(result.buffer, 0, result.length).includes(REFUSED);
}

function memoryInUse(): number {
  const { total_heap_size: heap, external_memory: buffers } = getHeapStatistics();
  return heap + buffers;
}

/** Milliseconds of CPU time that this process has used. */
export function processCpuTime(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/** Returns the report and the result frame. `clock` is the CPU time of this process or thread. */
export function serveOne(serve: Serve, request: Uint8Array, clock: () => number): readonly [Uint8Array, Uint8Array] {
  const before = clock();
  const result = serve(request);
  const flags = ranOutOfMemory(result) ? OUT_OF_MEMORY : 0;
  return [writeReport({ cpuTime: clock() - before, memory: memoryInUse(), flags }), result];
}
