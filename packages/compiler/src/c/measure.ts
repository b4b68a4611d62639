/** A C virtine's start-up, before and after. */
import { type Measured, type MeasureOptions, measureStart } from '../measure/measure.js';
import type { CompiledC } from './compile.js';

/** With its own image, beside the general one: of other backends nothing is cut. */
export async function measureCVirtine(
  { program, general }: CompiledC,
  name: string,
  { backend = 'auto', args = [] }: MeasureOptions = {},
): Promise<Measured> {
  const policy = program.policies[name]!;
  const startable = (image: CompiledC['general'][string]) => ({
    options: { backend, program: image, policy },
    function: name,
    args,
  });
  return await measureStart(startable(general[name]!), startable(program.programs[name]!));
}
