/** Refusals for requests to the host, for options of a virtine, and for C. */
import type { RefusalPage } from './page.js';

export const dynamicCapability: RefusalPage = {
  code: 'REF-013',
  rule: 'dynamic-capability',
  title: 'a request whose target is not known when it is built',
  why: 'The least policy names each request: an origin, a file, a variable, a host function. If the name comes at run time, only you know the possible names.',
  refused: `export async function load(url: string) {
  'use virtine';
  return await (await fetch(url)).text();
}
`,
  instead: [
    {
      what: 'Make the origin constant.',
      code: `export async function load(path: string) {
  'use virtine';
  return await (await fetch('https://api.example.com/' + path)).text();
}
`,
    },
    {
      what: 'Or write the policy.',
      code: `import { virtine } from '@colony/compiler/runtime';
export const load = virtine(async (url: string) => await (await fetch(url)).text(), {
  policy: { fetch: [{ origin: 'https://api.example.com', methods: ['GET'] }] },
});
`,
    },
  ],
};

export const policyTooNarrow: RefusalPage = {
  code: 'REF-014',
  rule: 'policy-too-narrow',
  title: 'a written policy that lacks a grant for the code',
  why: 'The call would be denied each time it is reached.',
  refused: `import { virtine } from '@colony/compiler/runtime';
export const stamp = virtine((text: string) => text + Date.now(), { policy: { random: true } });
`,
  instead: [
    {
      what: 'Grant it.',
      code: `import { virtine } from '@colony/compiler/runtime';
export const stamp = virtine((text: string) => text + Date.now(), { policy: { clock: true } });
`,
    },
    {
      what: 'Or leave the policy out: the least one that the code needs is generated.',
      code: `import { virtine } from '@colony/compiler/runtime';
export const stamp = virtine((text: string) => text + Date.now());
`,
    },
  ],
};

export const unprovedOptions: RefusalPage = {
  code: 'REF-015',
  rule: 'unproved-options',
  title: '`policy`, `limits` or `accept` that the source does not prove to be constant',
  why:
    'What a virtine runs under is built in, shown by `colony explain` and recorded in the lock. A value that comes at run time could be another one then. ' +
    'Constants of the same file, spreads, members, arithmetic, `Object.freeze`, and `pure`, `deterministic` and `narrow` of `@colony/core` are understood.',
  refused: `import { virtine } from '@colony/compiler/runtime';
export const stamp = virtine(() => Date.now(), { policy: { clock: process.env['CLOCK'] === '1' } });
`,
  instead: [
    {
      what: 'Write it out, or take it from a constant of the same file.',
      code: `import { virtine } from '@colony/compiler/runtime';
const policy = Object.freeze({ clock: true } as const);
export const stamp = virtine(() => Date.now(), { policy });
`,
    },
    {
      what: 'Where less is to be granted at run time, use `configure({ policy })`, which only narrows.',
      code: `import { configure, virtine } from '@colony/compiler/runtime';
export const stamp = virtine(() => Date.now());
export const withoutClock = () => configure({ policy: {} });
`,
    },
  ],
};

export const ofC: RefusalPage = {
  code: 'REF-017',
  rule: 'c',
  title: 'a C file that does not compile, or a C virtine whose parameters cannot cross',
  why:
    'Parameters and results of a C virtine cross by value: numbers, texts, structs, and pointers of which an annotation says how many items there are and in which direction they go. ' +
    'The message describes the fault in the line, and what to write.',
  refused: `virtine int apply(int (*f)(int), int x) { return f(x); }
`,
  instead: [
    {
      what: 'Pass a number, and choose the function by it.',
      code: `static int twice(int x) { return 2 * x; }
static int square(int x) { return x * x; }
virtine int apply(int which, int x) { return which == 0 ? twice(x) : square(x); }
`,
    },
  ],
};
