/** The references' work in JavaScript: base64 of 1 MiB, and a summary of JSON records. */
import { js } from '@colony/core';
import { timed } from '../../timing.js';
import type { Group, Sampler } from '../../types.js';
import { BACKENDS, boundaryOf, freshCall, nameOf } from '../cells.js';
import { Contexts, PATIENT } from '../contexts.js';
import { spec } from '../spec.js';
import { inNode, QuickJsInV8 } from './reference.js';
import { BASE64, JSON_TRANSFORM, recordsText } from './sources.js';

const MIB = 2 ** 20;
const RECORDS = 2800;

/** `input` is called once. */
const JOBS = [
  {
    ...{ job: 'base64.1MiB', what: 'base64 of 1 MiB', source: BASE64, function: 'encode', bytes: MIB },
    input: () => Uint8Array.from({ length: MIB }, (_, index) => index * 7),
  },
  {
    ...{ job: 'json.256KiB', what: 'a summary of 256 KiB of JSON records', source: JSON_TRANSFORM },
    ...{ function: 'transform', bytes: recordsText(RECORDS).length, input: () => recordsText(RECORDS) },
  },
] as const;

const HELD_TO = { kvm: 'ref.quickjs', wasm: 'ref.quickjs', process: 'node' } as const;
const LIMITS = { ...PATIENT, memory: '256 MiB' } as const;

export const javascript: Group = {
  name: 'JavaScript workloads',
  specs: JOBS.flatMap(({ job, what, bytes }) => [
    spec(`node.${job}`, `${what}, in this process, compiled by V8`, [], { bytes, boundary: 'none' }),
    spec(`ref.quickjs.${job}`, `${what}, in QuickJS as WebAssembly in V8, without reset`, [`node.${job}`], {
      ...{ bytes, boundary: 'engine in wasm' },
    }),
    ...BACKENDS.map((backend) =>
      spec(
        `${backend}.js.${job}`,
        `${what}, fresh call: ${nameOf(backend, 'js')}`,
        [...new Set([`${HELD_TO[backend]}.${job}`, `node.${job}`])],
        { bytes, boundary: boundaryOf(backend, 'js') },
      ),
    ),
  ]),
  async open() {
    const contexts = new Contexts();
    const samplers: Record<string, Sampler | Error> = {};
    for (const { job, source, function: name, input } of JOBS) {
      const value = input();
      const engine = await QuickJsInV8.create(source).catch((error: Error) => error);
      const native = inNode<Record<string, (value: unknown) => unknown>>(source);
      samplers[`node.${job}`] = timed(() => native[name]?.(value));
      samplers[`ref.quickjs.${job}`] = engine instanceof Error ? engine : timed(() => engine.call(name, value));
      for (const backend of BACKENDS) {
        const options = { backend, program: js(source), pool: {}, limits: LIMITS };
        samplers[`${backend}.js.${job}`] = await contexts.sampler(options, (context) =>
          freshCall(context, name, value),
        );
      }
    }
    return { samplers, close: () => contexts.close() };
  },
};
