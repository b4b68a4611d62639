/** An empty C function: in the general image, and in its own image, compared to the minimum of a call through KVM. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compileC } from '@colony/compiler/c';
import type { Context, Program } from '@colony/core';
import { timed } from '../../timing.js';
import type { Group, Spec } from '../../types.js';
import { Contexts, cProgram } from '../contexts.js';
import { spec } from '../spec.js';
import { pagesOf } from './javascript.js';

const SPECS: readonly Spec[] = [
  spec('kvm.c.call.general', 'callSync of a C function that does nothing, in the general image', ['c.entry']),
  spec('kvm.c.call.bespoke', 'callSync of a C function that does nothing, in an image of its own', [
    'kvm.c.call.general',
    'c.entry',
  ]),
  spec('kvm.c.pages.general', 'pages that a call of a C function that does nothing writes, in the general image', [], {
    unit: 'count',
  }),
  spec(
    'kvm.c.pages.bespoke',
    'pages that a call of a C function that does nothing writes, in an image of its own',
    ['kvm.c.pages.general'],
    {
      unit: 'count',
    },
  ),
];

async function bespokeProgram(): Promise<Program> {
  const root = mkdtempSync(join(tmpdir(), 'colony-bench-'));
  try {
    writeFileSync(join(root, 'nothing.c'), '#include <colony/virtine.h>\nvirtine void nothing(void) {}\n');
    const { program } = await compileC({ files: ['nothing.c'], root, targets: ['virtine'] });
    return program.programs['nothing']!;
  } finally {
    rmSync(root, { recursive: true });
  }
}

export const c: Group = {
  name: 'a C function that does nothing',
  specs: SPECS,
  async open() {
    const contexts = new Contexts();
    const general = await contexts.create({ program: cProgram('null.c') });
    const bespoke = await contexts.create({ program: await bespokeProgram() });
    const call = (context: Context) => () => context.callSync('nothing');
    return {
      samplers: {
        'kvm.c.call.general': timed(call(general)),
        'kvm.c.call.bespoke': timed(call(bespoke)),
        'kvm.c.pages.general': pagesOf(general, call(general)),
        'kvm.c.pages.bespoke': pagesOf(bespoke, call(bespoke)),
      },
      close: () => contexts.close(),
    };
  },
};
