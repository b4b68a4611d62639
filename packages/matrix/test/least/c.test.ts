/**
 * Removes every function, every page and every grant from each C virtine's image, one at a time: a test input must fail
 * without it.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type CVirtineReport, compileC } from '@colony/compiler/c';
import { readImage } from '@colony/guest';
import { afterAll, expect, it } from 'vitest';
import { describeOn } from '../lib.js';
import { type CCase, type CInput, cases } from './c-corpus.js';
import { imageSubject } from './c-subject.js';
import { functionsOf, pagesOf, withNote, withoutFunction, withoutPage } from './elf.js';
import { type Ending, expectedEndings, missed } from './endings.js';
import { narrower } from './grants.js';
import { C_REASONS, C_REMOVABLE } from './removable.js';

const PAGE = 4096;
/** Turns of an unbounded recursion for which the compiler reserves stack (compiler/src/c/image/analyse.ts). */
const TURNS = 32;
const folder = mkdtempSync(join(tmpdir(), 'colony-least-'));
afterAll(() => rmSync(folder, { recursive: true }));
const cacheDir = fileURLToPath(new URL('../../.cache', import.meta.url));
/** gcc makes `pad.part.0` from `pad`. */
const plain = (name: string) => [...new Set(name.split(' = ').map((alias) => alias.replace(/\..*$/, '')))].join(' = ');

interface Made {
  readonly report: CVirtineReport;
  readonly image: Uint8Array;
  readonly inputs: readonly CInput[];
  readonly one: CCase;
}

const subjectOf = ({ report, one }: Made, inputs: readonly CInput[], policy = report.policy) =>
  imageSubject(report.name, inputs, { policy, hypercalls: one.host ?? {} });

async function make(one: CCase): Promise<Made[]> {
  const { virtines, program } = await compileC({ files: one.files, root: folder, targets: ['virtine'], cacheDir });
  return virtines.map((report) => {
    const { resolved } = program.programs[report.name]!;
    if (resolved.kind !== 'native') throw new Error('a C virtine is a native program');
    return { report, image: resolved.images!.virtine!, inputs: one.inputs[report.name]!, one };
  });
}

/** Names that no input misses. */
async function removable(made: Made, expected: readonly Ending[]): Promise<string[]> {
  const { image } = made;
  const subject = subjectOf(made, made.inputs);
  const gone: string[] = [];
  const tryWithout = async (name: string, less: Uint8Array) => {
    if ((await missed(subject, less, expected)) === undefined) gone.push(name);
  };
  for (const part of functionsOf(image)) await tryWithout(plain(part.name), withoutFunction(image, part));
  for (const { address, access } of pagesOf(image)) {
    const what = access === 'r-x' ? 'text' : access === 'rw-' ? 'data' : 'constants';
    await tryWithout(`a page of ${what}`, withoutPage(image, address));
  }
  const { stackSize, heapInitial } = readImage(image).note;
  if (made.one.deepest?.[made.report.name] === undefined)
    await tryWithout('a page of stack', withNote(image, { stackSize: stackSize - PAGE }));
  if (heapInitial > 0) await tryWithout('a page of heap', withNote(image, { heapInitial: heapInitial - PAGE }));
  return gone;
}

/** The deepest recursion that fits the stack; with a page less it does not fit. */
async function deepest(made: Made, args: (n: number) => readonly unknown[]): Promise<number> {
  const runs = async (n: number, image: Uint8Array) => {
    const subject = subjectOf(made, [{ args: args(n) }]);
    const [ending] = await expectedEndings(subject, image);
    return 'value' in ending!;
  };
  let [works, fails] = [1, 2];
  for (; await runs(fails, made.image); fails *= 2) works = fails;
  while (fails - works > 1) {
    const middle = (works + fails) >> 1;
    if (await runs(middle, made.image)) works = middle;
    else fails = middle;
  }
  const { stackSize } = readImage(made.image).note;
  const less = subjectOf(made, [{ args: args(works) }]);
  const whole = await expectedEndings(less, made.image);
  const image = withNote(made.image, { stackSize: stackSize - PAGE });
  expect(await missed(less, image, whole), `depth ${works} with a page of stack less`).toBeDefined();
  return works;
}

describeOn('kvm', 'what is in a C virtine and can go', () => {
  for (const [name, one] of Object.entries(cases(folder)))
    it(`${name}: is listed`, async () => {
      for (const made of await make(one)) {
        const { report, image } = made;
        const expected = await expectedEndings(subjectOf(made, made.inputs), image);
        const gone = await removable(made, expected);
        expect(gone.sort(), report.name).toEqual([...C_REMOVABLE[report.name]!].sort());
        const inside = report.inside.filter(({ kind }) => kind === 'function');
        const names = inside.map((part) => part.name.replace(/@.*$/, ''));
        expect(new Set(names), report.name).toEqual(
          new Set(functionsOf(image).flatMap((part) => part.name.split(' = '))),
        );
        for (const { grant, policy } of narrower(report.policy)) {
          const ending = await missed(subjectOf(made, made.inputs, policy), image, expected);
          expect(ending, `${report.name} without ${grant}`).toBeDefined();
        }
        const deep = one.deepest?.[report.name];
        if (deep !== undefined) expect(await deepest(made, deep), report.name).toBeGreaterThanOrEqual(TURNS);
      }
    }, 300_000);

  it('has a reason for exactly the listed parts', () => {
    const listed = Object.values(C_REMOVABLE).flat();
    expect([...new Set(listed)].sort()).toEqual(Object.keys(C_REASONS).sort());
    const virtines = Object.values(cases(folder)).flatMap(({ inputs }) => Object.keys(inputs));
    expect(Object.keys(C_REMOVABLE).sort()).toEqual(virtines.sort());
  });
});
