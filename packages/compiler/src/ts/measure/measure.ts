/** Measures the start-up of a TypeScript virtine, without and with the cut. */
import { type ContextOptions, js } from '@colony/core';
import { type Measured, type MeasureOptions, measureStart, type Startable } from '../../measure/measure.js';
import type { VirtineDescriptor } from '../../runtime/types.js';
import { ENTRY } from '../bundle/slice.js';
import { generalProgram } from './general.js';

/** `file`: the virtine's source file. Captured values, which only a host has, are undefined. */
export async function measureVirtine(
  file: string,
  descriptor: VirtineDescriptor,
  { backend = 'auto', args = [] }: MeasureOptions = {},
): Promise<Measured> {
  const { source, filename, policy, wrapped, captured } = descriptor;
  const packed = wrapped ? [args, captured.map(() => undefined)] : args;
  const bespoke = { options: { backend, program: js(source, { filename }), policy }, function: ENTRY, args: packed };
  return await measureStart(await generalOf(file, descriptor, backend, args), bespoke);
}

/** The general program, or the reason why it cannot be made. */
async function generalOf(
  file: string,
  { name, policy }: VirtineDescriptor,
  backend: NonNullable<ContextOptions['backend']>,
  args: readonly unknown[],
): Promise<Startable | string> {
  try {
    const program = js(await generalProgram(file), { filename: `${name}.general.js` });
    return { options: { backend, program, policy }, function: name, args };
  } catch (error) {
    return `the whole module makes no program: ${(error as Error).message.split('\n')[0]}`;
  }
}
