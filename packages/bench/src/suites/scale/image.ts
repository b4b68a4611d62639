/** Start time by the size of the started image. */
import { type Context, createContext } from '@colony/core';
import type { Boundary } from '../../isolation/boundaries.js';
import { timedApart } from '../../timing.js';
import type { Chart, Group, Sampler, Spec } from '../../types.js';
import { boundaryOf, nameOf } from '../cells.js';
import { Contexts, cProgram, PATIENT } from '../contexts.js';
import { Watched } from '../floor/cold.js';
import { sizeName, sizeText } from '../floor/sizes.js';
import { spec } from '../spec.js';
import { imageCopy } from './floors.js';
import { IMAGES } from './points.js';

export const CHART: Chart = {
  id: 'scale.image',
  title: 'Start-up against the size of the image',
  caption:
    "A start is createContext of a loaded program and its first call. A virtine's start is flat because its image is shared and only touched pages are mapped. The start of a system that copies the image (memcpy; Wasp published 2.3 ms for 16 MiB) rises with its size.",
  x: { label: 'image, bytes', scale: 'log' },
  y: { label: 'creation and first call, us', scale: 'log' },
};

const LINES = {
  'kvm cold': { subject: 'kvm.cold', floors: () => ['c.cold'], what: 'C in a virtine, no pool' },
  'kvm pooled': { subject: 'kvm.pooled', floors: () => ['c.entry'], what: 'C in a virtine, warm pool' },
  wasm: { subject: 'wasm', floors: (bytes: number) => [imageCopy(bytes)], what: nameOf('wasm', 'c') },
  process: { subject: 'process', floors: () => ['c.fork_wait'], what: nameOf('process', 'c') },
} as const;
type Line = keyof typeof LINES;
const lines = Object.keys(LINES) as Line[];

const subjectOf = (line: Line, bytes: number) => `${LINES[line].subject}.image.${sizeName(bytes)}`;
const boundary = (line: Line): Boundary => boundaryOf(line === 'wasm' || line === 'process' ? line : 'kvm', 'c');

const SPECS: readonly Spec[] = IMAGES.flatMap((bytes) =>
  lines.map((line) =>
    spec(
      subjectOf(line, bytes),
      `createContext and first call of a loaded program with ${sizeText(bytes)} of state: ${LINES[line].what}`,
      LINES[line].floors(bytes),
      { boundary: boundary(line), point: { chart: CHART.id, line, x: bytes } },
    ),
  ),
);

const program = (bytes: number) => cProgram('image.c', `-DSIZE=${bytes}u`);
/** Memory also holds the stack, the runtime and the heap. */
const limitsOf = (bytes: number) => ({ ...PATIENT, memory: bytes + 16 * 2 ** 20 });

/** The program is already evaluated, because one context of it lives all the time. */
async function startOf(contexts: Contexts, backend: string, bytes: number): Promise<Sampler | Error> {
  const options = { backend, program: program(bytes), limits: limitsOf(bytes), pool: {} };
  return contexts.sampler(options, () => {
    let last: Context;
    return timedApart(
      async () => {
        last = await createContext(options);
        return last.capabilities.callSync ? last.callSync('nothing') : await last.call('nothing');
      },
      () => last.dispose(),
    );
  });
}

/** A pool for each image, because a shell that held another image must be laid out again. */
async function kvmStarts(backends: Watched[], bytes: number): Promise<Record<string, Sampler | Error>> {
  const [none, some] = [await Watched.open({ warm: 0 }), await Watched.open({ warm: 4 })];
  backends.push(none, some);
  const sampler = (of: Watched, cold: boolean) =>
    of.sampler(program(bytes), cold, limitsOf(bytes)).catch((error: Error) => error);
  return {
    [subjectOf('kvm cold', bytes)]: await sampler(none, true),
    [subjectOf('kvm pooled', bytes)]: await sampler(some, false),
  };
}

export const image: Group = {
  name: 'image sizes',
  specs: SPECS,
  async open() {
    const contexts = new Contexts();
    const backends: Watched[] = [];
    const samplers: Record<string, Sampler | Error> = {};
    for (const bytes of IMAGES) {
      Object.assign(samplers, await kvmStarts(backends, bytes));
      for (const backend of ['wasm', 'process'] as const)
        samplers[subjectOf(backend, bytes)] = await startOf(contexts, backend, bytes);
    }
    return {
      samplers,
      close: async () => {
        await contexts.close();
        await Promise.all(backends.map((backend) => backend.close().catch(() => {})));
      },
    };
  },
};
