/** Unmodified third-party libraries: their work in a virtine, compared to the same code without isolation. */
import { timed } from '../../timing.js';
import type { Group, Sampler, Spec, Suite } from '../../types.js';
import { boundaryOf, type Language, nameOf } from '../cells.js';
import { spec } from '../spec.js';
import { openWork, type Work } from './work.js';

export interface Library {
  readonly subject: string;
  readonly what: string;
  readonly language: Language;
  readonly example: string;
  readonly job: string;
}

const c = (subject: string, what: string, example: string, job: string): Library => ({
  ...{ subject: `c.${subject}`, what, language: 'c', example, job },
});
const js = (subject: string, what: string, example: string): Library => ({
  ...{ subject: `js.${subject}`, what, language: 'js', example, job: 'all' },
});

export const LIBRARIES: readonly Library[] = [
  c('zlib.inflate', 'zlib: inflating a licence of 11 KB', 'c-zlib', 'inflate'),
  c('zlib.deflate', 'zlib: deflating a licence of 11 KB', 'c-zlib', 'deflate'),
  c('lodepng', 'LodePNG: decoding 128 x 128 pixels', 'c-png-corpus', 'decode'),
  c('md4c', 'MD4C: HTML from a README', 'c-markdown', 'render'),
  c('aes', 'LibTomCrypt: AES-128-CTR of 16 KiB', 'c-aes', 'ctr'),
  js('marked', 'marked: HTML from a README', 'js-markdown'),
  js('mustache', 'mustache: a template with 100 items', 'js-template'),
  js('typebox', 'typebox: 100 objects against a schema', 'js-schema'),
  js('csv-parse', 'csv-parse: 100 rows of three fields', 'js-csv'),
];

/** Backends that call on this thread, as a native call does. */
export const MEASURED = ['kvm', 'wasm'] as const;

const NATIVE: Readonly<Record<Language, string>> = {
  c: 'compiled natively by gcc -O2',
  js: 'in this process, compiled by V8',
};

const specsOf = ({ subject, what, language }: Library): Spec[] => [
  spec(`native.${subject}`, `${what}, ${NATIVE[language]}`, [], { boundary: 'none' }),
  ...MEASURED.map((backend) =>
    spec(`${backend}.${subject}`, `${what}, fresh call: ${nameOf(backend, language)}`, [`native.${subject}`], {
      boundary: boundaryOf(backend, language),
    }),
  ),
];

const nativeSampler = ({ process, call }: Work): Sampler =>
  process === undefined ? timed(() => call?.()) : async (count) => (await process(count)).samples;

/** If a library's source is unavailable, the others are still measured. */
async function open(library: Library, samplers: Record<string, Sampler | Error>, ends: (() => Promise<void>)[]) {
  const work = await openWork(library.example, library.job).catch((error: Error) => error);
  samplers[`native.${library.subject}`] = work instanceof Error ? work : nativeSampler(work);
  for (const backend of MEASURED) {
    const isolated = work instanceof Error ? work : await work.isolated(backend).catch((error: Error) => error);
    samplers[`${backend}.${library.subject}`] = isolated instanceof Error ? isolated : timed(() => isolated.call());
    if (!(isolated instanceof Error)) ends.push(() => isolated.dispose());
  }
}

const group = (name: string, language: Language): Group => {
  const own = LIBRARIES.filter((library) => library.language === language);
  return {
    name,
    specs: own.flatMap(specsOf),
    async open() {
      const samplers: Record<string, Sampler | Error> = {};
      const ends: (() => Promise<void>)[] = [];
      for (const library of own) await open(library, samplers, ends);
      return { samplers, close: async () => void (await Promise.all(ends.map((end) => end()))) };
    },
  };
};

export const libraries: Suite = {
  name: 'libraries',
  what: 'libraries of C and npm in virtines, beside the same code natively',
  headline: {
    question: 'What do libraries cost in a virtine, beside the same code natively?',
    answers: {
      'kvm.c.zlib.inflate': 'zlib inflates 11 KB',
      'kvm.c.lodepng': 'LodePNG decodes 128 x 128 pixels',
      'kvm.js.marked': 'marked renders a README',
      'kvm.js.csv-parse': 'csv-parse reads 100 rows',
    },
  },
  groups: [group('C libraries', 'c'), group('npm packages', 'js')],
  targets: [],
};
