/** Refusals for things that the code inside a virtine uses. */
import type { RefusalPage } from './page.js';

export const dynamicCode: RefusalPage = {
  code: 'REF-008',
  rule: 'dynamic-code',
  title: 'code that is made at run time',
  why:
    'The policy of a virtine comes from its code, and the code that `eval` or `Function` makes is unknown. Such code could still do only what the policy grants, ' +
    'so it is not a hole in the wall: the report would not be true of it.',
  refused: `export async function calculate(formula: string, x: number) {
  'use virtine';
  return new Function('x', \`return \${formula}\`)(x);
}
`,
  instead: [
    {
      what: 'Choose between functions that are written out.',
      code: `const FORMULAS: Readonly<Record<string, (x: number) => number>> = {
  double: (x) => 2 * x,
  square: (x) => x * x,
};
export async function calculate(formula: string, x: number) {
  'use virtine';
  return FORMULAS[formula]!(x);
}
`,
    },
    {
      what: 'Or accept it: the code that it makes can do only what the policy grants to the analysed code, and the report and the lock record that.',
      code: `import { virtine } from '@colony/compiler/runtime';
export const calculate = virtine(
  (formula: string, x: number) => new Function('x', \`return \${formula}\`)(x) as number,
  { accept: ['eval'] },
);
`,
    },
  ],
};

export const dynamicImport: RefusalPage = {
  code: 'REF-009',
  rule: 'dynamic-import',
  title: 'an import whose name is not constant',
  why: 'All that a virtine may need is built into its program. A module that is named at run time cannot be found then.',
  refused: `export async function format(module: string, x: number) {
  'use virtine';
  const { show } = await import(module);
  return show(x);
}
`,
  instead: [
    {
      what: 'Name each module, and choose between them.',
      code: `const SHOW: Readonly<Record<string, (x: number) => string>> = {
  de: (x) => String(x).replace('.', ','),
  en: (x) => String(x),
};
export async function format(language: string, x: number) {
  'use virtine';
  return SHOW[language]!(x);
}
`,
    },
  ],
};

export const nativeAddon: RefusalPage = {
  code: 'REF-010',
  rule: 'native-addon',
  title: 'a native addon',
  why: 'An addon is machine code for the host and for Node, and a context has neither.',
  refused: `import { createRequire } from 'node:module';
import addon from './hash.node';
export async function digest(text: string) {
  'use virtine';
  return addon.digest(text);
}
`,
  instead: [
    {
      what: "Register a function of the host that calls it, with `configure({ hypercalls: { digest } })`. The virtine's policy then names it.",
      code: `import { host } from '@colony/compiler/runtime';
export async function digest(text: string) {
  'use virtine';
  return await host['digest']!(text);
}
`,
    },
  ],
};

export const nodeBuiltin: RefusalPage = {
  code: 'REF-011',
  rule: 'node-builtin',
  title: 'a module that is built into Node, such as `node:fs`',
  why: 'A context does not contain Node, and such a module cannot make system calls there.',
  refused: `import { readFileSync } from 'node:fs';
export async function lines(file: string) {
  'use virtine';
  return readFileSync(file, 'utf8').split('\\n').length;
}
`,
  instead: [
    {
      what: 'Do it in the host, and pass the result.',
      code: `import { readFileSync } from 'node:fs';
async function count(text: string) {
  'use virtine';
  return text.split('\\n').length;
}
export const lines = (file: string) => count(readFileSync(file, 'utf8'));
`,
    },
    {
      what: 'Or register a function of the host, with `configure({ hypercalls: { read } })`. It is granted by name.',
      code: `import { host } from '@colony/compiler/runtime';
export async function lines(file: string) {
  'use virtine';
  return ((await host['read']!(file)) as string).split('\\n').length;
}
`,
    },
    {
      what: 'Or accept it, where you know that it never runs: it throws when it does.',
      code: `import { readFileSync } from 'node:fs';
import { virtine } from '@colony/compiler/runtime';
export const lines = virtine((text: string, file?: string) => (file ? readFileSync(file, 'utf8') : text).length, {
  accept: ['node:fs'],
});
`,
    },
  ],
};

export const hostGlobal: RefusalPage = {
  code: 'REF-012',
  rule: 'host-global',
  title: 'a global of the host, such as `process` or `document`, which no context has',
  why: 'A context has the globals of JavaScript and those that a policy can grant. Node and browsers have more, and a use of them would fail when it is reached.',
  refused: `export async function describe(name: string) {
  'use virtine';
  return \`\${name} on \${process.platform}\`;
}
`,
  instead: [
    {
      what: 'Pass the needed part of it.',
      code: `async function describeOn(name: string, platform: string) {
  'use virtine';
  return \`\${name} on \${platform}\`;
}
export const describe = (name: string) => describeOn(name, process.platform);
`,
    },
    {
      what: 'Or ask whether it is there: a use that never runs in a context is not an error.',
      code: `export async function describe(name: string) {
  'use virtine';
  return typeof process === 'undefined' ? name : \`\${name} on \${process.platform}\`;
}
`,
    },
    {
      what: 'Or accept it, where you know that it never runs: it throws when it does.',
      code: `import { virtine } from '@colony/compiler/runtime';
export const describe = virtine((name: string, full = false) => (full ? name + process.platform : name), {
  accept: ['process'],
});
`,
    },
  ],
};
