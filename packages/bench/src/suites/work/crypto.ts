/**
 * Typical work of a C library: AES-128-CBC and SHA-256 of 16 KiB. Our own plain C, the same on the host and in the
 * guest.
 */
import { createCipheriv, createHash } from 'node:crypto';
import { timed } from '../../timing.js';
import type { Group, Sampler, Spec } from '../../types.js';
import { BACKENDS, boundaryOf, freshCall, nameOf } from '../cells.js';
import { Contexts, cProgram, PATIENT, tag } from '../contexts.js';
import { spec } from '../spec.js';

const BYTES = 16384;
const [KEY, VECTOR] = [Buffer.alloc(16, 1), Buffer.alloc(16, 2)];
const DATA = new Uint8Array(BYTES);

const JOBS = [
  {
    ...{ job: 'aes128cbc.16KiB', what: 'AES-128-CBC of 16 KiB', function: 'aes128_cbc', args: [KEY, VECTOR, DATA] },
    openssl: () => createCipheriv('aes-128-cbc', KEY, VECTOR).setAutoPadding(false).update(DATA),
  },
  {
    ...{ job: 'sha256.16KiB', what: 'SHA-256 of 16 KiB', function: 'sha256_of', args: [DATA] },
    openssl: () => createHash('sha256').update(DATA).digest(),
  },
] as const;

export const CRYPTO_IN_C: readonly Spec[] = JOBS.map(({ job, what }) =>
  spec(`c.${job}`, `${what} in C on the host`, [], { bytes: BYTES }),
);

function cell(backend: (typeof BACKENDS)[number], { job, what }: (typeof JOBS)[number]): Spec[] {
  const [own, floor] = [`${backend}.c.${job}`, `c.${job}`];
  return [
    spec(own, `${what}, fresh call: ${nameOf(backend, 'c')}`, [floor], {
      ...{ bytes: BYTES, boundary: boundaryOf(backend, 'c') },
    }),
    spec(`${own}.added`, `time that isolation adds to ${what}: ${nameOf(backend, 'c')}`, [], {
      derived: { from: [floor, own], of: ([native = 0, isolated = 0]) => isolated - native },
    }),
  ];
}

export const crypto: Group = {
  name: 'C library workloads',
  specs: JOBS.flatMap((job) => [
    spec(
      `ref.openssl.${job.job}`,
      `${job.what} by node:crypto, which uses processor instructions for it`,
      [`c.${job.job}`],
      {
        ...{ bytes: BYTES, boundary: 'none' },
      },
    ),
    ...BACKENDS.flatMap((backend) => cell(backend, job)),
  ]),
  async open() {
    const contexts = new Contexts();
    const samplers: Record<string, Sampler | Error> = {};
    for (const { job, function: name, args, openssl } of JOBS) {
      samplers[`ref.openssl.${job}`] = timed(openssl);
      for (const backend of BACKENDS) {
        const options = { backend, program: cProgram('work.c', tag(job)), pool: {}, limits: PATIENT };
        samplers[`${backend}.c.${job}`] = await contexts.sampler(options, (context) =>
          freshCall(context, name, ...args),
        );
      }
    }
    return { samplers, close: () => contexts.close() };
  },
};
