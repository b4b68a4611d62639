/** Messages on a zygote's channel, in the channel's framing; see boot/process of @colony/guest. */
import * as numbers from '@colony/guest/zygote';
import type { MostBytes } from '../channel/index.js';

export const TYPE = Object.freeze({
  request: numbers.TYPE_REQUEST,
  reply: numbers.TYPE_REPLY,
  kill: numbers.TYPE_KILL,
  setup: numbers.TYPE_SETUP,
  result: numbers.TYPE_RESULT,
  hypercall: numbers.TYPE_HYPERCALL,
  ended: numbers.TYPE_ENDED,
});

export const FLAG = Object.freeze({ keep: numbers.FLAG_KEEP, boot: numbers.FLAG_BOOT });

/** Bytes that the child writes before a result: its claim of the memory that it holds. */
export const RESULT_HEAD = numbers.SIZE_RESULT_HEAD;

/** Most bytes that the zygote lets through, whatever length a child announces. */
const MOST: Readonly<Record<number, number>> = {
  [TYPE.result]: numbers.SIZE_PIECE + numbers.SIZE_RESULT_HEAD,
  [TYPE.hypercall]: numbers.SIZE_PIECE,
  [TYPE.ended]: numbers.SIZE_ENDED_HEAD + numbers.SIZE_REPORT_HEAD + numbers.SIZE_MESSAGE,
};

export const mostBytes: MostBytes = (type) => {
  const most = MOST[type & ~numbers.MORE];
  return type === TYPE.ended || most !== MOST[TYPE.ended] ? most : undefined;
};

export interface PieceType {
  readonly type: number;
  readonly last: boolean;
}

export const pieceType = (type: number): PieceType => ({
  type: type & ~numbers.MORE,
  last: (type & numbers.MORE) === 0,
});

/** The child's limits in bytes, nanoseconds and bytes, and `FLAG`s. A limit of 2^62 or more counts as none. */
export interface RequestHead {
  readonly memory: number;
  readonly cpuTime: number;
  readonly output: number;
  readonly flags: number;
}

const NO_LIMIT = 2n ** 64n - 1n;
/** More than any process can have; sums with it do not overflow. */
const MOST_MEMORY = 2 ** 46;

const natural = (value: number) => (value < 2 ** 62 ? BigInt(Math.max(0, Math.floor(value))) : NO_LIMIT);

export function requestHead({ memory, cpuTime, output, flags }: RequestHead): Uint8Array {
  const head = new BigUint64Array(4);
  head[0] = natural(Math.min(memory, MOST_MEMORY));
  head[1] = natural(cpuTime);
  head[2] = natural(output);
  head[3] = BigInt(flags);
  return new Uint8Array(head.buffer);
}

/** `spares`: children kept ready. `filter`: the seccomp program that a child puts on. */
export function setupPayload(spares: number, filter: Uint8Array): Uint8Array[] {
  return [new Uint8Array(BigUint64Array.of(BigInt(spares)).buffer), filter];
}

/** A child's report of its own end. All of it is a claim, its numbers too. */
export interface ChildReport {
  readonly kind: number;
  readonly code: number;
  readonly a: bigint;
  readonly b: bigint;
  readonly c: bigint;
  readonly message: Uint8Array;
}

export interface Ended {
  /** `END_*`. */
  readonly why: number;
  /** As `wait` gives it. */
  readonly status: number;
  readonly report: ChildReport | undefined;
}

const view = (bytes: Uint8Array) => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** Nanoseconds at the start of what is left after it. */
export function readCpuTime(payload: Uint8Array): number {
  return Number(view(payload).getBigUint64(0, true));
}

export function readNumbers(payload: Uint8Array): number[] {
  return Array.from({ length: payload.length >> 3 }, (_, i) => Number(view(payload).getBigUint64(8 * i, true)));
}

/** @returns undefined for what no zygote sends. */
export function readEnded(payload: Uint8Array): Ended | undefined {
  if (payload.length < numbers.SIZE_ENDED_HEAD) return undefined;
  const head = view(payload);
  const report = payload.subarray(numbers.SIZE_ENDED_HEAD);
  if (report.length > 0 && report.length < numbers.SIZE_REPORT_HEAD) return undefined;
  return {
    why: head.getUint32(0, true),
    status: head.getInt32(4, true),
    report: report.length === 0 ? undefined : readChildReport(report),
  };
}

function readChildReport(report: Uint8Array): ChildReport {
  const head = view(report);
  return {
    kind: head.getUint32(0, true),
    code: head.getUint32(4, true),
    a: head.getBigUint64(8, true),
    b: head.getBigUint64(16, true),
    c: head.getBigUint64(24, true),
    message: report.subarray(numbers.SIZE_REPORT_HEAD),
  };
}
