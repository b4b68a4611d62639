/** The TypeScript programs of the proof, with the inputs of their tests. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { VirtineDefaults } from '@colony/compiler/runtime';
import { fixtures, guideFile } from './places.js';

export interface TsInput {
  readonly args: readonly unknown[];
  /** Captured values of the virtine. */
  readonly captured?: readonly unknown[];
}

export interface TsCase {
  readonly file: string;
  readonly root: string;
  readonly inputs: Readonly<Record<string, readonly TsInput[]>>;
  readonly host?: NonNullable<VirtineDefaults['hypercalls']>;
}

const examples = fileURLToPath(new URL('../../../../examples', import.meta.url));
const example = (path: string) => readFileSync(join(examples, path), 'utf8');
const call = (...args: unknown[]): TsInput => ({ args });

const PRICES = [call('spade', 2), call('fork', 3), call('kale', 10), call('kale', 1), call('hoe', 1)];

/** Adds the directive at the start of an example's function. */
function marked(text: string, name: string): string {
  const start = new RegExp(`export function ${name}(\\([^)]*\\)) \\{`);
  if (!start.test(text)) throw new Error(`there is no function ${name}`);
  return text.replace(start, `export async function ${name}$1 { 'use virtine';`);
}

/** The program that examples/js-table-columns makes from a formula. */
function tableColumns(): string {
  const text = example('js-table-columns/main.mjs');
  const formula = /^const formula = '(.*)';$/m.exec(text)![1]!;
  return /js\(`([^`]*)`\)/.exec(text)![1]!.replace(/\$\{formula\}/, () => formula);
}

/** Constants of the fixtures that are known only when the test runs. The compiler grants exactly these values. */
export interface Place {
  /** Folder of generated files. */
  readonly folder: string;
  /** Folder that the fixtures read and write. */
  readonly data: string;
  /** Origin of a server that answers with the method of the request. */
  readonly origin: string;
}

export function cases({ folder, data, origin }: Place): Readonly<Record<string, TsCase>> {
  mkdirSync(folder, { recursive: true });
  const made = (name: string, text: string): Pick<TsCase, 'file' | 'root'> => {
    writeFileSync(join(folder, name), text);
    return { file: name, root: folder };
  };
  const fixture = (name: string) =>
    readFileSync(join(fixtures, name), 'utf8').replaceAll('/srv/least', data).replaceAll('http://least.test', origin);
  made('catalog.ts', fixture('catalog.ts'));
  made('rates.ts', guideFile('synthesis.md', 'rates.ts'));
  return {
    'the guide, price': {
      ...made('price.ts', guideFile('synthesis.md', 'price.ts')),
      inputs: { price: [call('apple', 2), call('melon', 1)] },
    },
    'examples/js-pricing-rules': {
      ...made('rules.js', marked(example('js-pricing-rules/rules.js'), 'price')),
      inputs: {
        price: [
          call({
            lines: [
              { sku: 'seed', quantity: 12 },
              { sku: 'pot', quantity: 1 },
            ],
          }),
          call({ lines: [] }),
        ],
      },
      host: {
        product: (sku: string) =>
          sku === 'pot' ? { cents: 9000, category: 'pots' } : { cents: 10, category: 'seeds' },
      },
    },
    'examples/js-table-columns': {
      ...made('columns.js', marked(tableColumns(), 'column')),
      inputs: { column: [call(19.9, 2, 0.19), call(null, 1, 0.07)] },
    },
    'fixtures/shop': {
      ...made('shop.ts', fixture('shop.ts')),
      inputs: {
        price: PRICES,
        taxed: [call('spade', false), call('kale', true), call('hoe', false)],
        everything: ['console', 'clock', 'random', 'env', 'read', 'write', 'get', 'post'].map((what) => call(what)),
        half: [call(8)],
        scaler: [{ args: [3], captured: [4] }],
      },
      host: {
        tax: (country: string, cents: number) => (country === 'ch' ? cents : cents * 2),
        audit: (level: number) => level,
      },
    },
  };
}
