import { configure, disposeVirtines } from '@colony/compiler/runtime';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { both } from './ts/same.js';

beforeAll(() => configure({ backend: 'wasm' }));
afterAll(() => disposeVirtines());

/** Calls `f` of a module twice, which captures a value that the host makes. Returns the warnings of Node. */
async function warnings(made: string, expression: string): Promise<string[]> {
  const heard: string[] = [];
  const hear = (warning: Error) => void (warning.name === 'ColonyWarning' && heard.push(warning.message));
  process.on('warning', hear);
  onTestFinished(() => void process.off('warning', hear));
  const text = `const x: any = ${made};\nexport async function f() {\n  'use virtine';\n  return ${expression};\n}\n`;
  const { isolated } = await both({ 'main.ts': text }, [['f'], ['f']]);
  expect(isolated.filter((result) => String(result).startsWith('thrown'))).toEqual([]);
  await new Promise(setImmediate);
  return heard;
}

describe('a captured value that changes when it crosses has one warning', () => {
  const LOST: readonly (readonly [name: string, made: string, expression: string, what: RegExp])[] = [
    ['a Buffer', "Buffer.from('abc')", 'x.length', /class `Buffer`, of which only its bytes cross/],
    [
      'an object of a class of Node',
      "new (process.getBuiltinModule('node:events'))()",
      'typeof x',
      /class `EventEmitter`, of which only its public fields/,
    ],
    [
      'an object without a prototype',
      'Object.assign(Object.create(null), { pid: process.pid })',
      'x.pid > 0',
      /without a prototype/,
    ],
    ['names that are symbols', "({ [Symbol('k')]: process.pid })", 'typeof x', /named by symbols/],
    [
      'an array with properties',
      'Object.assign([1], { index: process.pid })',
      'x.length',
      /an array with own properties/,
    ],
    [
      'where a pattern stands',
      'Object.assign(/a/g, { lastIndex: process.pid })',
      'x.source',
      /a pattern whose `lastIndex`/,
    ],
  ];
  for (const [name, made, expression, what] of LOST)
    it(name, async () => {
      const heard = await warnings(made, expression);
      expect(heard).toHaveLength(1);
      expect(heard[0]).toMatch(what);
      expect(heard[0]).toMatch(/main\.ts:2:\d+: virtine `f`: it captures `x`/);
    });

  const SAME = [
    '[process.pid]',
    'new Map([[1, process.pid]])',
    'new Date(process.pid)',
    'new Float64Array(process.pid & 7)',
    'Object.assign(new RangeError(String(process.pid)), { code: 3 })',
    'new RegExp(String(process.pid))',
    '({ pid: process.pid })',
    'Object(process.pid)',
  ];
  for (const made of SAME) it(`but not ${made}`, async () => expect(await warnings(made, 'typeof x')).toEqual([]));
});
