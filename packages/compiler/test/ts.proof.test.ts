/**
 * The check after the build finds what the analysis overlooked. Faults that the tests plant into the analysis show
 * that.
 */
import { afterEach, describe, expect, it, vi } from 'vitest';
import { GraphBuilder } from '../src/ts/facts/units.js';
import { type Account, UseFinder, type Uses } from '../src/ts/facts/uses.js';
import { liveNames } from '../src/ts/proof/live-names.js';
import { parse } from '../src/ts/syntax/parse.js';
import { Project, project } from './ts/project.js';

const IMPORT = `import { virtine, host as h } from '@colony/compiler/runtime';\n`;
const LIB = `import * as fs from 'node:fs';
const started = Date.now();
const clock = Date;
class Log { static { console.log('made'); } write(x) { console.log(x); } }
export function run(x) {
  const { random } = Math;
  if (x.never) fs.readFileSync(x), process.exit(1), new Function(x)();
  new Log().write(random());
  return [globalThis.performance.now(), clock.now() - started, crypto.randomUUID(), Math.max(1, 2), fetch('https://a.example/x')];
}
`;
const MAIN = `${IMPORT}import { run } from './lib.js';
export const f = virtine((x: any) => [run(x), h.save(x), colony.env('HOME')], { accept: ['node:fs', 'process', 'eval'] });
`;
const made = () => new Project({ 'main.ts': MAIN, 'lib.js': LIB });
const FAULT = {
  code: 'ERR_INTERNAL',
  message: expect.stringMatching(/^main\.ts:3:26: virtine `f`: .*Please report it/s),
};

afterEach(() => void vi.restoreAllMocks());

/** Changes the results of the analysis, and keeps the original ones for counting. */
function plant(change: (uses: Uses) => Uses): { seen: Uses | undefined } {
  const planted: { seen: Uses | undefined } = { seen: undefined };
  const { run } = UseFinder.prototype;
  vi.spyOn(UseFinder.prototype, 'run').mockImplementation(function (this: UseFinder) {
    planted.seen = run.call(this);
    return change(planted.seen);
  });
  return planted;
}

const without = <T>(items: readonly T[], index: number) => items.filter((_, at) => at !== index);

describe('a fault in the analysis', () => {
  it('is absent if everything is judged', async () => {
    const planted = plant((uses) => uses);
    const [report] = (await made().compile('main.ts')).virtines;
    expect(report!.policy).toEqual({
      hypercalls: { save: { args: [true] } },
      console: true,
      clock: true,
      random: true,
      env: ['HOME'],
      fetch: [{ origin: 'https://a.example', methods: ['GET'] }],
    });
    expect(planted.seen!.accounts.size).toBeGreaterThan(12);
  });

  it('is found for every use that was not checked', async () => {
    const planted = plant((uses) => uses);
    await made().compile('main.ts');
    for (const [index, [, { refusals }]] of [...planted.seen!.accounts].entries()) {
      // It is replaced by a stub that names the accepted subject, so it is not a use any more: see below.
      if (refusals.some(({ subject }) => subject === 'process')) continue;
      vi.restoreAllMocks();
      plant((uses) => ({ ...uses, accounts: new Map(without([...uses.accounts], index)) }));
      await expect(made().compile('main.ts')).rejects.toMatchObject(FAULT);
    }
  });

  it('is found for every need and every refusal that the report lacks', async () => {
    const planted = plant((uses) => uses);
    await made().compile('main.ts');
    const { needs, refusals } = planted.seen!;
    expect([needs.length, refusals.length]).toEqual([10, 3]);
    for (const index of needs.keys()) {
      vi.restoreAllMocks();
      plant((uses) => ({ ...uses, needs: without(uses.needs, index) }));
      await expect(made().compile('main.ts')).rejects.toMatchObject(FAULT);
    }
    for (const [index, { subject }] of refusals.entries()) {
      // The report always lists that `eval` was accepted.
      if (subject === 'eval') continue;
      vi.restoreAllMocks();
      plant((uses) => ({ ...uses, refusals: without(uses.refusals, index) }));
      await expect(made().compile('main.ts')).rejects.toMatchObject(FAULT);
    }
  });

  it('is found if a reachable part counts as unreachable', async () => {
    const { build } = GraphBuilder.prototype;
    const names = new Set<string>();
    for (const dropped of ['run', 'Log', 'started']) {
      vi.spyOn(GraphBuilder.prototype, 'build').mockImplementation(function (this: GraphBuilder) {
        const graph = build.call(this);
        const kept = [...graph.reached].filter(([{ name }]) => !name.startsWith(dropped));
        if (kept.length < graph.reached.size) names.add(dropped);
        return { ...graph, reached: new Map(kept) };
      });
      await expect(made().compile('main.ts')).rejects.toMatchObject(FAULT);
      vi.restoreAllMocks();
    }
    expect([...names]).toEqual(['run', 'Log', 'started']);
  });

  it('is found if a need is judged to be another one', async () => {
    plant((uses) => ({
      ...uses,
      accounts: new Map(
        [...uses.accounts].map(([at, account]): [number, Account] => [
          at,
          { ...account, needs: account.needs.map((need) => ({ ...need, capability: { kind: 'random' } })) },
        ]),
      ),
    }));
    await expect(made().compile('main.ts')).rejects.toMatchObject(FAULT);
  });
});

describe('the names that a program may reach', () => {
  const globals = (text: string) =>
    liveNames(parse('program.js', text))
      .filter(({ declared }) => declared === undefined)
      .map(({ name }) => name);

  it.each([
    ['a()', ['a']],
    ['function f() { a(); }', []],
    ['function f() { a(); } f();', ['a']],
    ['const f = () => a; export { f as call };', ['a']],
    ['const f = () => a, g = () => f; g;', ['a']],
    ['function f() { return g(); } function g() { return f(), a; }', []],
    ['var f = function () { a; }; var f = function () { b; }; f();', ['b', 'a']],
    ['class A { m() { a; } }', []],
    ['class A { m() { a; } } new A();', ['a']],
    ['class A { static x = a(); m() { b; } }', ['a', 'b']],
    ['const A = class extends a() {};', ['a']],
    ['class A { [a]() {} }', ['a']],
    ['const x = { a, b: 1, [c]: d.e };', ['a', 'c', 'd']],
    ['const { x = a, [b]: y, ...z } = c;', ['c', 'a', 'b']],
    ['let x; ({ x, y: b.z } = c);', ['b', 'c']],
    ['for (const k of a) { k; } for (k in b) ;', ['a', 'k', 'b']],
    ['try { a } catch (e) { e } e;', ['a', 'e']],
    ['{ let a; a; } a;', ['a']],
    ['{ var b; } b; if (1) { function c() {} } c;', ['c']],
    ['(function f(x = y) { var y; return [f, x, y, arguments]; })(); f;', ['y', 'f']],
    ['((x, [y], { z }) => [x, y, z, w])(); arguments;', ['w', 'arguments']],
    ['a: for (;;) { break a; }', []],
    ['import.meta.url; import(a);', ['import.meta', 'import', 'a']],
    ['const f = function g() { g; }; f(); g;', ['g']],
    ['class B { static { var x; let y; x; y; z; } } x;', ['z', 'x']],
    ['switch (a) { case b: let c; default: c; } c;', ['a', 'b', 'c']],
    // biome-ignore lint/suspicious/noTemplateCurlyInString: source text
    ['f`x${a}`; [...b]; function g() { new.target; }', ['f', 'a', 'b']],
  ] as const)('%s', (text, expected) => {
    expect(globals(text).sort()).toEqual([...expected].sort());
  });
});

it('does not hide refusals', async () => {
  const text = `${IMPORT}export const f = virtine(() => process.pid + new Function('x')());\n`;
  expect((await project(text).refusals('main.ts')).refusals.map(({ subject }) => subject)).toEqual(['process', 'eval']);
});
