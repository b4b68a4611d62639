/** Refusals for the place of a virtine, and for the values that it captures. */
import type { RefusalPage } from './page.js';

export const placement: RefusalPage = {
  code: 'REF-001',
  rule: 'placement',
  title: 'a mark in a place that cannot be a virtine',
  why:
    'A virtine is a function of its own: it is cut out of its module with what it uses. A method, a getter or a generator is not, and a directive that stands ' +
    'outside of a function or after other statements is a string without an effect. The compiler refuses it, because the function would run unisolated.',
  refused: `export class Prices {
  async total(rows: number[]) {
    'use virtine';
    return rows.reduce((sum, row) => sum + row, 0);
  }
}
`,
  instead: [
    {
      what: 'Move the body to a function, and call that from the method.',
      code: `async function total(rows: number[]) {
  'use virtine';
  return rows.reduce((sum, row) => sum + row, 0);
}
export class Prices {
  total(rows: number[]) {
    return total(rows);
  }
}
`,
    },
  ],
};

export const notAsync: RefusalPage = {
  code: 'REF-002',
  rule: 'not-async',
  title: 'a directive in a function that is not async',
  why: 'A call of a virtine returns a promise. A function that is declared to return its value at once would have a wrong type.',
  refused: `export function double(x: number) {
  'use virtine';
  return 2 * x;
}
`,
  instead: [
    {
      what: 'Make it async.',
      code: `export async function double(x: number) {
  'use virtine';
  return 2 * x;
}
`,
    },
    {
      what: 'Or wrap it: `virtine()` has the right type, and `double.sync(x)` returns without a promise.',
      code: `import { virtine } from '@colony/compiler/runtime';
export const double = virtine((x: number) => 2 * x);
`,
    },
  ],
};

export const capturedMutable: RefusalPage = {
  code: 'REF-003',
  rule: 'captured-mutable',
  title: 'a captured variable that changes',
  why:
    'A virtine has a copy of what it captures, and each call starts from that copy. Where the host changes the variable later, or the virtine does, the two would ' +
    'differ without a word.',
  refused: `let rate = 3;
export const setRate = (to: number) => {
  rate = to;
};
export async function price(amount: number) {
  'use virtine';
  return amount * rate;
}
`,
  instead: [
    {
      what: 'Pass it with the call.',
      code: `let rate = 3;
export const setRate = (to: number) => {
  rate = to;
};
async function priceAt(amount: number, at: number) {
  'use virtine';
  return amount * at;
}
export const price = (amount: number) => priceAt(amount, rate);
`,
    },
    {
      what: 'Or declare it const, if it does not have to change.',
      code: `const rate = 3;
export async function price(amount: number) {
  'use virtine';
  return amount * rate;
}
`,
    },
  ],
};

export const capturedClass: RefusalPage = {
  code: 'REF-004',
  rule: 'captured-class',
  title: 'a captured class of the function around it',
  why: 'A class that is made inside a function is another one in each call of that function. It cannot cross to a context.',
  refused: `import { virtine } from '@colony/compiler/runtime';
export function maker() {
  class Row {
    size = 1;
  }
  return virtine(() => new Row().size);
}
`,
  instead: [
    {
      what: 'Declare the class at the top level of the module.',
      code: `import { virtine } from '@colony/compiler/runtime';
class Row {
  size = 1;
}
export function maker() {
  return virtine(() => new Row().size);
}
`,
    },
  ],
};

export const capturedChange: RefusalPage = {
  code: 'REF-005',
  rule: 'captured-change',
  title: 'a change of a captured value',
  why: 'A value that a virtine captures from the function around it crosses as a copy. A change of the copy has no effect outside.',
  refused: `import { virtine } from '@colony/compiler/runtime';
export function collector(list: number[]) {
  return virtine((x: number) => {
    list.push(x);
  });
}
`,
  instead: [
    {
      what: 'Change a copy, and return it.',
      code: `import { virtine } from '@colony/compiler/runtime';
export function collector(list: number[]) {
  return virtine((x: number) => [...list, x]);
}
`,
    },
  ],
};

export const unmarshalable: RefusalPage = {
  code: 'REF-006',
  rule: 'unmarshalable',
  title: 'a captured value that cannot cross',
  why:
    'What comes from the function around a virtine crosses as data when it is called: numbers, texts, arrays, records, Maps, Sets, Dates. A function, a promise, a WeakMap, ' +
    'a socket or an object with private fields has no data that could stand for it.',
  refused: `import { virtine } from '@colony/compiler/runtime';
export function counter() {
  const seen = new WeakMap<object, number>();
  return virtine((key: object) => seen.has(key));
}
`,
  instead: [
    {
      what: 'Make it inside the virtine, from data.',
      code: `import { virtine } from '@colony/compiler/runtime';
export function counter(names: readonly string[]) {
  return virtine((name: string) => new Set(names).has(name));
}
`,
    },
  ],
};

export const ofThis: RefusalPage = {
  code: 'REF-007',
  rule: 'this',
  title: '`this`, `super`, `new.target` and `arguments` of the function around it',
  why: 'They belong to the call in the host, and none of them goes along to a context.',
  refused: `import { virtine } from '@colony/compiler/runtime';
export class Shop {
  rate = 3;
  pricer() {
    return virtine((amount: number) => amount * this.rate);
  }
}
`,
  instead: [
    {
      what: 'Take the needed part of it into a constant.',
      code: `import { virtine } from '@colony/compiler/runtime';
export class Shop {
  rate = 3;
  pricer() {
    const { rate } = this;
    return virtine((amount: number) => amount * rate);
  }
}
`,
    },
  ],
};

export const innerVirtine: RefusalPage = {
  code: 'REF-016',
  rule: 'inner-virtine',
  title: 'a virtine that is reached from another one',
  why: 'Inside another virtine it would run under the policy and the limits of that one, and not under its own. A virtine may call itself.',
  refused: `export async function parse(text: string) {
  'use virtine';
  return JSON.parse(text) as number[];
}
export async function total(text: string) {
  'use virtine';
  return (await parse(text)).length;
}
`,
  instead: [
    {
      what: 'Call both in the host.',
      code: `export async function parse(text: string) {
  'use virtine';
  return JSON.parse(text) as number[];
}
async function count(rows: number[]) {
  'use virtine';
  return rows.length;
}
export const total = async (text: string) => await count(await parse(text));
`,
    },
    {
      what: 'Or move what both need to a function that is not a virtine.',
      code: `const read = (text: string) => JSON.parse(text) as number[];
export async function parse(text: string) {
  'use virtine';
  return read(text);
}
export async function total(text: string) {
  'use virtine';
  return read(text).length;
}
`,
    },
  ],
};
