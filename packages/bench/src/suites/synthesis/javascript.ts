/**
 * An empty JavaScript function, in a general context and as the compiler makes it. `runtime` is the earlier path of
 * every call, through the guest's JavaScript. A batch still takes that path, and here the batch has one row.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Compiler } from '@colony/compiler';
import { type Context, js, type Program } from '@colony/core';
import { timed, timedAsync } from '../../timing.js';
import type { Group, Sampler, Spec } from '../../types.js';
import { Contexts } from '../contexts.js';
import { spec } from '../spec.js';

const SOURCE = "export async function nothing() {\n  'use virtine';\n}\n";
const PAGES = { unit: 'count' } as const;
const [RUNTIME, GENERAL, BESPOKE] = ['kvm.js.pages.runtime', 'kvm.js.pages.general', 'kvm.js.pages.bespoke'] as const;

const SPECS: readonly Spec[] = [
  spec(RUNTIME, 'pages that a null call through the guest runtime writes: callBatch of one row', [], PAGES),
  spec(
    GENERAL,
    'pages that a null call of an async JavaScript function writes, in a general context',
    [RUNTIME],
    PAGES,
  ),
  spec(
    BESPOKE,
    'pages that a null call of an async JavaScript function writes, compiled as a virtine',
    [GENERAL, RUNTIME],
    PAGES,
  ),
  spec('kvm.js.call.runtime', 'null call through the guest runtime: callBatch of one row'),
  spec('kvm.js.call.general', 'callSync of an async JavaScript function that does nothing, in a general context', [
    'kvm.js.call.runtime',
  ]),
  spec('kvm.js.call.bespoke', 'callSync of an async JavaScript function that does nothing, compiled as a virtine', [
    'kvm.js.call.general',
    'kvm.js.call.runtime',
  ]),
];

/** The compiler's output for the function. */
async function bespokeProgram(): Promise<Program> {
  const folder = mkdtempSync(join(tmpdir(), 'colony-bench-'));
  const compiler = new Compiler({ root: folder, lock: false });
  try {
    writeFileSync(join(folder, 'nothing.ts'), SOURCE);
    const { source, filename } = (await compiler.compileFile('nothing.ts'))!.descriptors[0]!;
    return js(source, { filename });
  } finally {
    await compiler.dispose();
    rmSync(folder, { recursive: true });
  }
}

/** Calls until the backend knows the pages that every call writes. */
export const pagesOf =
  (context: Context, call: () => unknown): Sampler =>
  async (count) => {
    for (let i = 0; i < 8; i++) await call();
    return new Array<number>(count).fill(context.stats().dirtyPages);
  };

export const javascript: Group = {
  name: 'a JavaScript function that does nothing',
  specs: SPECS,
  async open() {
    const contexts = new Contexts();
    const general = await contexts.create({ program: js(SOURCE) });
    const bespoke = await contexts.create({ program: await bespokeProgram() });
    // A separate program, because contexts of one program share what is known of their pages.
    const runtime = await contexts.create({ program: js(`${SOURCE}// by the runtime\n`) });
    const batch = () => runtime.callBatch('nothing', [[]]);
    return {
      samplers: {
        [RUNTIME]: pagesOf(runtime, batch),
        [GENERAL]: pagesOf(general, () => general.callSync('nothing')),
        [BESPOKE]: pagesOf(bespoke, () => bespoke.callSync('call')),
        'kvm.js.call.runtime': timedAsync(batch),
        'kvm.js.call.general': timed(() => general.callSync('nothing')),
        'kvm.js.call.bespoke': timed(() => bespoke.callSync('call')),
      },
      close: () => contexts.close(),
    };
  },
};
