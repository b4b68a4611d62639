/** The memory that a virtine has from the start. Calls use it without a host call and without new pages. */
import { encodedSize, isScalar } from '../source/encoded.js';
import { outputsOf, type VirtineFunction } from '../source/signature.js';

export interface StartMemory {
  /** Bytes of the buffers that serve a request and a result without further memory. */
  readonly smallRequest: number;
  readonly smallOut: number;
  /** Bytes for larger frames and decoded arguments, if the program has no heap. */
  readonly frames: number;
  /** Bytes of the heap, if the program has one. */
  readonly heapSize: number;
}

const PAGE = 4096;
const KIB = 1024;
/** Pages that nothing writes are not in a snapshot and cost no memory: these sizes only bound the address space. */
const FRAMES = 128 * KIB;
/** Holds the tables of a compressor, or a parser's tree of some hundred nodes, and the frames beside it. */
const HEAP = 512 * KIB;
const LARGE_REQUEST = 64 * KIB;
const REQUEST = 16 * KIB;

export const pageUp = (bytes: number) => Math.max(1, Math.ceil(bytes / PAGE)) * PAGE;

/** A function that takes and returns only numbers needs no memory beside its frames, which have a bound. */
export function memoryOf(virtine: VirtineFunction): StartMemory {
  const { parameters, result, options } = virtine;
  const passed = parameters.filter((parameter) => parameter.passed);
  const isBounded = passed.every(({ type }) => isScalar(type));
  const small = isBounded && isScalar(result) && outputsOf(virtine).length === 0;
  // Under a memory limit, most of the memory stays for the program's own requests.
  const share = options.limits['memory'] === undefined ? Infinity : pageDown(options.limits['memory'] / 4);
  const large = !isBounded && share >= FRAMES;
  return {
    smallRequest: isBounded ? boundedRequest(virtine) : large ? LARGE_REQUEST : REQUEST,
    smallOut: isScalar(result) ? 256 : 512,
    frames: small ? 0 : Math.min(FRAMES, share),
    heapSize: options.heap === undefined ? Math.min(HEAP, share) : pageUp(options.heap),
  };
}

const pageDown = (bytes: number) => Math.floor(bytes / PAGE) * PAGE;

function boundedRequest({ parameters, name }: VirtineFunction): number {
  const passed = parameters.filter((parameter) => parameter.passed);
  const bytes = 16 + name.length + passed.reduce((sum, { type }) => sum + encodedSize(type), 0);
  return [256, 1024, 4096].find((size) => bytes <= size) ?? REQUEST;
}
