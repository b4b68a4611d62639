/** Runs one package: the module as it is, and compiled. Returns the results of each call in both. */
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ColonyError } from '@colony/core';
import { Compiler, type Refusal, type VirtineReport } from '../../src/index.js';
import type { Project } from '../ts/project.js';
import type { Row } from './table.js';

type Call = (index: number) => Promise<unknown>;
/** A result, or an error's name and message. */
export type Given = { readonly value: unknown } | { readonly thrown: string };

export interface Ran {
  readonly plain: readonly Given[];
  readonly isolated: readonly Given[];
  readonly report: VirtineReport;
}

/** A module with one virtine that makes the calls by their index. */
function sourceOf({ top, policy, isWritten }: Row, calls: readonly string[], isPlain: boolean): string {
  const cases = calls.map((text, index) => `    case ${index}: return ${text};`).join('\n');
  const body = `switch (index) {\n${cases}\n  }`;
  if (!isWritten) return `${top}\nexport async function call(index) {\n  'use virtine';\n  ${body}\n}\n`;
  const mark = isPlain ? 'const virtine = (fn) => fn;' : "import { virtine } from '@colony/compiler/runtime';";
  return `${top}\n${mark}\nexport const call = virtine(async (index) => {\n  ${body}\n}, ${JSON.stringify({ policy })});\n`;
}

/** Returns the guest's error, which is a detail of Colony's own. */
function thrownIn(error: unknown): { name: string; message: string } {
  const guest = ColonyError.is(error) && error.code === 'ERR_GUEST_THROWN' && error.details['guest'];
  return (guest || error) as Error;
}

async function results(file: string, count: number): Promise<Given[]> {
  const { call } = (await import(/* @vite-ignore */ pathToFileURL(file).href)) as { call: Call };
  const results: Given[] = [];
  for (let index = 0; index < count; index++) {
    try {
      results.push({ value: await call(index) });
    } catch (error) {
      const { name, message } = thrownIn(error);
      results.push({ thrown: `${name}: ${message}` });
    }
  }
  return results;
}

export const isRefused = (ran: Ran | readonly Refusal[]): ran is readonly Refusal[] => Array.isArray(ran);

/** @returns the refusals, if there are any */
export async function run(project: Project, row: Row): Promise<Ran | readonly Refusal[]> {
  const { name, accept = [] } = row;
  const calls = [...row.calls, ...(row.throws ?? [])];
  const file = (kind: string) => join(project.directory, `${name}.${kind}.js`);
  project.write(`${name}.plain.js`, sourceOf(row, calls, true));
  // The plain program is not a production build either.
  const compiler = new Compiler({ root: project.directory, mode: 'development', accept });
  try {
    const output = await compiler.compileModule({ id: file('isolated'), code: sourceOf(row, calls, false) });
    project.write(`${name}.isolated.js`, output!.code);
    return {
      plain: await results(file('plain'), calls.length),
      isolated: await results(file('isolated'), calls.length),
      report: output!.virtines[0]!,
    };
  } catch (error) {
    const refusals = ColonyError.is(error) && (error.details['refusals'] as readonly Refusal[] | undefined);
    if (!refusals) throw error;
    return refusals;
  } finally {
    await compiler.dispose();
  }
}
