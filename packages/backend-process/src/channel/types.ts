/**
 * Frames on a child's only channel, in both directions, little endian:
 *
 *     | u32 length of the payload | u32 call | u8 type | payload |
 *
 * `call` is chosen by the host; an answer carries the number of what it answers. Types below 16 go to the child.
 */

/** Bytes before the payload. */
export const HEADER = 9;

export const TYPE = Object.freeze({
  /** To the child: a request frame (load, call, batch) to be served. */
  request: 1,
  /** To the child: the reply frame of the hypercall that it waits for. */
  reply: 2,
  /** From the child: it is up and serves. */
  ready: 16,
  /** From the child: the end of a request; see `inside/report.ts`. */
  result: 17,
  /** From the child: a hypercall's request frame. It waits for the reply. */
  hypercall: 18,
});

export interface Frame {
  readonly call: number;
  readonly type: number;
  /** A private copy. */
  readonly payload: Uint8Array;
}

/** Most bytes of a frame; `undefined` if a frame of that type and call may not come. */
export type MostBytes = (type: number, call: number) => number | undefined;
