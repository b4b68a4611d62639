/** Values into the guest and back: the guest returns its argument. */
import { type Context, js } from '@colony/core';
import { timed } from '../../timing.js';
import type { Group, Sampler, Spec } from '../../types.js';
import { Contexts, cProgram, PATIENT, tag } from '../contexts.js';
import { spec } from '../spec.js';
import { SIZES, sizeName, sizeText } from './sizes.js';

const SMALL_LIMITS = { ...PATIENT, memory: '32 MiB' } as const;
const LARGE_LIMITS = {
  ...PATIENT,
  memory: '1 GiB',
  bytesIn: '256 MiB',
  bytesOut: '256 MiB',
  output: '256 MiB',
} as const;
const limitsFor = (size: number) => (size >= 1 << 20 ? LARGE_LIMITS : SMALL_LIMITS);

const bytesOf = (size: number) => Uint8Array.from({ length: size }, (_, index) => index * 7);
const textOf = (size: number) =>
  'the quick brown fox jumps over the lazy dog. '.repeat(Math.ceil(size / 45)).slice(0, size);

/** Data as an API returns it: records whose JSON text has about as many bytes. */
function recordsOf(size: number): unknown {
  const record = (id: number) => ({ id, name: `user ${id}`, score: id / 3, active: id % 2 === 0, tags: ['a', 'b'] });
  const recordSize = JSON.stringify(record(1000)).length + 1;
  return Array.from({ length: Math.max(1, Math.round(size / recordSize)) }, (_, index) => record(index));
}

const KINDS = { bytes: bytesOf, string: textOf, object: recordsOf } as const;
type Kind = keyof typeof KINDS;
const KIND_TEXT = { bytes: 'a Uint8Array', string: 'a string', object: 'records with JSON' } as const;
const kinds = Object.keys(KINDS) as Kind[];

const copied = (subject: string, what: string, bytes: number): Spec =>
  spec(subject, what, [`c.memcpy.${sizeName(bytes)}`], { bytes });

const JS_SPECS = kinds.flatMap((kind) =>
  SIZES.map((size) => ({
    kind,
    size,
    spec: copied(
      `kvm.js.echo.${kind}.${sizeName(size)}`,
      `callSync that passes ${KIND_TEXT[kind]} of ${sizeText(size)} to JavaScript in a virtine and back`,
      size,
    ),
  })),
);
const C_SPECS = SIZES.map((size) => ({
  size,
  spec: copied(
    `kvm.native.echo.bytes.${sizeName(size)}`,
    `callSync that passes ${KIND_TEXT.bytes} of ${sizeText(size)} to C in a virtine and back`,
    size,
  ),
}));

function echo(context: Context, size: number, kind: Kind): Sampler {
  let value: unknown;
  return (count) => {
    value ??= KINDS[kind](size);
    return timed(() => context.callSync('echo', value))(count);
  };
}

export const marshal: Group = {
  name: 'marshalling',
  specs: [...JS_SPECS, ...C_SPECS].map(({ spec }) => spec),
  async open() {
    const contexts = new Contexts();
    const samplers: Record<string, Sampler> = {};
    // A program for each, so that small values do not pay for the pages of large ones.
    for (const { kind, size, spec } of JS_SPECS) {
      const program = js(`export const echo = (value) => value; // ${spec.subject}`);
      samplers[spec.subject] = echo(await contexts.create({ program, limits: limitsFor(size) }), size, kind);
    }
    for (const { size, spec } of C_SPECS) {
      const program = cProgram('echo.c', tag(size));
      samplers[spec.subject] = echo(await contexts.create({ program, limits: limitsFor(size) }), size, 'bytes');
    }
    return { samplers, close: () => contexts.close() };
  },
};
