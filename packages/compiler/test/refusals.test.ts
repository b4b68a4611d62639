/** Each code's page: its example is refused with that code and no other, and its remedies compile. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ColonyError } from '@colony/core';
import { afterAll, describe, expect, it } from 'vitest';
import { declareC } from '../src/c/index.js';
import { type RefusalPage, refusalPage, refusalPages, refusalText } from '../src/index.js';
import { refusalCode } from '../src/refusals/index.js';
import { project } from './ts/project.js';

const folder = mkdtempSync(join(tmpdir(), 'colony-refusals-'));
afterAll(() => rmSync(folder, { recursive: true }));
let files = 0;

/** Returns the codes with which a source is refused. */
async function codesOf({ rule }: RefusalPage, source: string): Promise<string[]> {
  try {
    if (rule === 'c') await declare(source);
    else await project(source).compile('main.ts');
  } catch (error) {
    if (!ColonyError.is(error) || error.code !== 'ERR_COMPILE') throw error;
    const refusals = error.details['refusals'] as { rule: RefusalPage['rule'] }[];
    return [...new Set(refusals.map((refusal) => refusalCode(refusal.rule)))];
  }
  return [];
}

async function declare(source: string): Promise<void> {
  const file = join(folder, `example${++files}.virtine.c`);
  writeFileSync(file, source);
  await declareC({ files: [file], root: folder });
}

describe.each(refusalPages.map((page) => [page.code, page] as const))('%s', (code, page) => {
  it('is the code of its example', async () => {
    expect(await codesOf(page, page.refused)).toEqual([code]);
  });
  it.each(page.instead.map(({ what, code: mended }) => [what, mended]))('%s', async (_what, mended) => {
    expect(await codesOf(page, mended)).toEqual([]);
  });
  it('is a page for a terminal', () => {
    const text = refusalText(page);
    expect(text).toMatch(new RegExp(`^${code}: \\S.*\\n\\n[\\s\\S]*\\n\\nRefused:\\n\\n {4}\\S`));
    expect(text).toContain(page.instead[0]!.what.split(' ').slice(0, 5).join(' '));
    for (const line of text.split('\n')) expect(line.length).toBeLessThan(140);
    expect(refusalPage(code.toLowerCase())).toBe(page);
  });
});

it('an unknown code gives the list of all codes', () => {
  const error = (() => {
    try {
      refusalPage('REF-999');
    } catch (error) {
      return error as ColonyError;
    }
    throw new Error('nothing was thrown');
  })();
  expect(error).toMatchObject({ code: 'ERR_BAD_OPTION', details: { path: 'refusalPage.code' } });
  for (const { code, title } of refusalPages) expect(error.message).toContain(`${code}  ${title}`);
});

describe('a module with several things to mend', () => {
  const SOURCE = `import { virtine } from '@colony/compiler/runtime';
let hits = 0;
export const hit = () => { hits++; };
export const a = virtine(() => hits);
export const b = virtine((x: string) => eval(x));
export class C {
  async c() {
    'use virtine';
  }
}
export const d = virtine(() => 1, { policy: { clock: hits > 0 } });
export const e = virtine(() => 1);
`;
  it('reports all of them at once, and where to read on', async () => {
    const { error, refusals } = await project(SOURCE).refusals('main.ts');
    expect(refusals.map(({ rule, virtine }) => [rule, virtine]).sort()).toEqual([
      ['captured-mutable', 'a'],
      ['dynamic-code', 'b'],
      ['placement', 'c'],
      ['unproved-options', 'd'],
    ]);
    const last = 'Examples, and what to write instead: `colony explain REF-001`, `colony explain REF-003`, ';
    expect(error.message.split('\n').at(-1)).toBe(`${last}\`colony explain REF-008\`, \`colony explain REF-015\``);
  });
});
