/** Measures the start-up of a C virtine, without and with the cut. */
import { type Measured, type MeasureOptions, measureStart } from '../measure/measure.js';
import type { CompiledC } from './compile.js';

/** Compares its own image with the general one. Only images of virtual machines are cut. */
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
