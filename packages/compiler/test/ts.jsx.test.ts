/** Real React, Preact and Solid: elements and pages made in a virtine equal those of the plain program. */
import { configure, disposeVirtines } from '@colony/compiler/runtime';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { CompilerOptions } from '../src/index.js';
import { both } from './ts/same.js';

beforeAll(() => configure({ backend: 'wasm' }));
afterAll(() => disposeVirtines());

const PART = `const Row = ({ name, on }: any) => <li class={on ? 'on' : undefined}>{name}{on && <b>!</b>}</li>;
const List = ({ rows }: any) => <ul id="list">{rows.map((row: any) => <Row key={row.name} {...row} />)}</ul>;
`;
const ROWS = [
  { name: 'a < b', on: true },
  { name: 'c', on: false },
];
const PAGE = '<ul id="list"><li class="on">a &lt; b<b>!</b></li><li>c</li></ul>';

/**
 * React's renderer creates one when it is loaded, and no context has that class. The plain program keeps Node's own.
 */
const SHIM = 'globalThis.MessageChannel ??= class { port1 = {}; port2 = { postMessage() {} }; } as any;\n';
const REACT = "import './shim.js';\nimport { renderToStaticMarkup } from 'react-dom/server';\n";
const OF_REACT = `${REACT}${PART.replaceAll('class=', 'className=')}`;
/** The renderer names these, but a page of text does not reach them. */
const REACT_ACCEPTS = ['setTimeout', 'AbortController', 'Headers', 'ReadableStream'];
const PREACT = `import { renderToStaticMarkup } from 'preact-render-to-string';\n${PART}`;
/** The part of Preact that changes pages names it. */
const PREACT_ACCEPTS = ['document'];

interface Way {
  readonly top: string;
  readonly body: string;
  readonly tsconfig: object;
  readonly accept: readonly string[];
  readonly mode?: CompilerOptions['mode'];
}

const PAGE_OF_ROWS = 'renderToStaticMarkup(<List rows={rows} />)';
const WAYS: Readonly<Record<string, Way>> = {
  'React, automatic': { top: OF_REACT, body: PAGE_OF_ROWS, tsconfig: { jsx: 'react-jsx' }, accept: REACT_ACCEPTS },
  'React, for development': {
    top: OF_REACT,
    body: PAGE_OF_ROWS,
    tsconfig: { jsx: 'react-jsxdev' },
    accept: [...REACT_ACCEPTS, 'console.createTask'],
    mode: 'development',
  },
  'React, with createElement': {
    top: `import React from 'react';\n${OF_REACT}`,
    body: PAGE_OF_ROWS,
    tsconfig: { jsx: 'react' },
    accept: REACT_ACCEPTS,
  },
  'Preact, automatic': {
    top: PREACT,
    body: PAGE_OF_ROWS,
    tsconfig: { jsx: 'react-jsx', jsxImportSource: 'preact' },
    accept: PREACT_ACCEPTS,
  },
  'Preact, with h': {
    top: `import { h, Fragment } from 'preact';\n${PREACT}`,
    body: 'renderToStaticMarkup(<><List rows={rows} /></>)',
    tsconfig: { jsx: 'react', jsxFactory: 'h', jsxFragmentFactory: 'Fragment' },
    accept: PREACT_ACCEPTS,
  },
};

it.each(Object.entries(WAYS))(
  '%s: the same page',
  async (_name, { top, body, tsconfig, accept, mode = 'production' }) => {
    const main = `${top}export async function page(rows: any) {\n  'use virtine';\n  return ${body};\n}\n`;
    const config = JSON.stringify({ compilerOptions: tsconfig });
    const files = { 'main.tsx': main, 'shim.ts': SHIM, 'tsconfig.json': config };
    const { plain, isolated, output } = await both(files, [['page', ROWS]], { accept, mode });
    expect(plain).toEqual([PAGE]);
    expect(isolated).toEqual(plain);
    // The tests accept no more than is needed.
    expect(new Set(output.virtines[0]!.accepted.map(({ subject }) => subject))).toEqual(new Set(accept));
  },
);

it('Solid: signals and memos', async () => {
  const main = `import { createMemo, createRoot, createSignal } from 'solid-js';
export async function total(prices: number[]) {
  'use virtine';
  return createRoot(() => {
    const [get, set] = createSignal(prices[0]);
    const double = createMemo(() => get() * 2);
    return prices.map((price) => {
      set(price);
      return double();
    });
  });
}
`;
  const { plain, isolated } = await both({ 'main.ts': main }, [['total', [1, 2, 3]]]);
  expect(isolated).toEqual(plain);
});
