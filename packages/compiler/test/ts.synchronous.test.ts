import { describe, expect, it } from 'vitest';
import type { VirtineDescriptor } from '../src/runtime/index.js';
import { project } from './ts/project.js';

/** The program of the only virtine. */
async function programOf(source: string): Promise<string> {
  const { code } = await project(source).compile('main.ts');
  const literal = /value \?\?= (\{.*\}); \}/.exec(code)?.[1];
  return (new Function(`return ${literal}`)() as VirtineDescriptor).source;
}
const directive = (body: string, more = '') =>
  `${more}\nexport async function f(x: any): Promise<any> { 'use virtine'; ${body} }`;
const wrapped = (fn: string, more = '') =>
  `import { virtine } from '@colony/compiler/runtime';\n${more}\nexport const f: any = virtine(${fn});`;

describe('a virtine that is async in name only', () => {
  it.each([
    ['that computes', directive('return x + 1;')],
    ['that gives another promise on', directive('return g(x);', 'async function g(x: any) { return await x; }')],
    ['around an async function', directive('return [1].map(async (y) => await y);')],
    ['as an arrow', wrapped('async (x: number) => x * 2')],
    ['as an arrow without parentheses', wrapped('async x => x * 2')],
    ['with a captured value', wrapped('async (x: number) => x * n', 'const n = Date.now();')],
  ])('%s is a plain function in its program', async (_, source) => {
    const program = await programOf(source);
    expect(program).toContain('__colony_call');
    expect(program).not.toMatch(/__colony_call = async|__colony_call = \(?async|return async|return \(async/);
  });

  it.each([
    ['that awaits', directive('return await x;')],
    ['that awaits in a loop', directive('for await (const y of x) return y;')],
    ['that awaits in a computed key', directive('return class { static [await x]() {} }.name;')],
    ['that calls itself', directive('return x ? f(0) : 1;')],
    ['that a function of its program calls', directive('return x ? g(0) : 1;', 'function g(x: any) { return f(x); }')],
    [
      'that calls itself by its own name',
      wrapped('async function g(x: any): Promise<any> { return x ? g(0).then(() => 1) : 1; }'),
    ],
  ])('%s stays async', async (_, source) => {
    expect(await programOf(source)).toMatch(/async (function )?[\w(]/);
  });
});
