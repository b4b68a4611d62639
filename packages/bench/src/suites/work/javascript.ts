/** The references' work in JavaScript: base64 of 1 MiB, and a summary of JSON records. */
import { timed } from '../../timing.js';
import type { Group, Sampler } from '../../types.js';
import { freshCall, SCRIPT_CELLS, scriptOptions } from '../cells.js';
import { Contexts, PATIENT } from '../contexts.js';
import { spec } from '../spec.js';
import { inNode, QuickJsInV8 } from './reference.js';
import { BASE64, JSON_TRANSFORM, recordsText, WARM_BASE64, WARM_JSON } from './sources.js';

const MIB = 2 ** 20;
const RECORDS = 2800;

/** `input` is called once. */
const JOBS = [
  {
    ...{ job: 'base64.1MiB', what: 'base64 of 1 MiB', source: BASE64, function: 'encode' },
    ...{ bytes: MIB, warmUp: WARM_BASE64 },
    input: () => Uint8Array.from({ length: MIB }, (_, index) => index * 7),
  },
  {
    ...{ job: 'json.256KiB', what: 'a summary of 256 KiB of JSON records', source: JSON_TRANSFORM },
    ...{ warmUp: WARM_JSON },
    ...{ function: 'transform', bytes: recordsText(RECORDS).length, input: () => recordsText(RECORDS) },
  },
] as const;

const LIMITS = { ...PATIENT, memory: '256 MiB' } as const;

export const javascript: Group = {
  name: 'JavaScript workloads',
  specs: JOBS.flatMap(({ job, what, bytes }) => [
    spec(`node.${job}`, `${what}, in this process, compiled by V8`, [], { bytes, boundary: 'none' }),
    spec(`ref.quickjs.${job}`, `${what}, in QuickJS as WebAssembly in V8, without reset`, [`node.${job}`], {
      ...{ bytes, boundary: 'engine in wasm' },
    }),
    ...SCRIPT_CELLS.map(({ name, boundary, engine, what: place }) =>
      spec(`${name}.${job}`, `${what}, fresh call: ${place}`, [...new Set([`${engine}.${job}`, `node.${job}`])], {
        ...{ bytes, boundary },
      }),
    ),
  ]),
  async open() {
    const contexts = new Contexts();
    const samplers: Record<string, Sampler | Error> = {};
    for (const { job, source, warmUp, function: name, input } of JOBS) {
      const value = input();
      const engine = await QuickJsInV8.create(source).catch((error: Error) => error);
      const native = inNode<Record<string, (value: unknown) => unknown>>(source);
      samplers[`node.${job}`] = timed(() => native[name]?.(value));
      samplers[`ref.quickjs.${job}`] = engine instanceof Error ? engine : timed(() => engine.call(name, value));
      for (const cell of SCRIPT_CELLS) {
        const options = { ...scriptOptions(cell, source, warmUp), limits: LIMITS };
        samplers[`${cell.name}.${job}`] = await contexts.sampler(options, (context) => freshCall(context, name, value));
      }
    }
    return { samplers, close: () => contexts.close() };
  },
};
