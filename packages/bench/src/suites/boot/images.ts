/** Images of one function in 16-bit, 32-bit or 64-bit code, stored beside the floor executable that runs them. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { compile, compiler, GUEST_FLAGS, KERNEL_FLAGS, sources } from '../../floor-process.js';
import type { EnvironmentName, Work } from './environment-names.js';

const folder = join(sources, 'environments');
const FLAGS: readonly string[] = ['-ffreestanding', '-mgeneral-regs-only', '-mno-red-zone', '-nostdlib', '-static'];

/** The numbers of layout.h, which the linker script cannot include. */
function layout(): (name: string) => string {
  const text = readFileSync(join(folder, 'layout.h'), 'utf8');
  return (name) => {
    const value = new RegExp(`#define ENVIRONMENT_${name} (\\w+)`).exec(text)?.[1];
    if (value === undefined) throw new Error(`layout.h has no ENVIRONMENT_${name}`);
    return value;
  };
}

/** The first error of a compiler or linker, without file names. For an image that is too large, the linker's excess. */
export function complaint(text: string): string {
  const lines = text.split('\n');
  const line = ['overflowed', 'error:', 'ld: '].flatMap(
    (word) => lines.find((candidate) => candidate.includes(word)) ?? [],
  )[0];
  return (line ?? text.trim().split('\n')[0] ?? '')
    .replace(/^.*?\b(error|ld): /, '')
    .replace(/^\S*\/\S+:? /, '')
    .replaceAll(/[`‘’]/g, "'");
}

/**
 * Builds the image, or finds it built.
 * @returns the compiler's or linker's error if the mode lacks something that the function needs
 */
export function buildImage(floorPath: string, bits: EnvironmentName['bits'], work: Work): Error | undefined {
  const image = `${floorPath}-${work.name}.${bits}`;
  if (existsSync(image)) return undefined;
  const of = layout();
  const numbers = { IMAGE: of('IMAGE'), STACK: of('STACK'), LIMIT: of(bits === 16 ? 'SEGMENT' : 'MEMORY') };
  const problem = compile(
    image,
    ...[`-m${bits}`, `-DBITS=${bits}`, `-DFUNCTION=${work.number}`, `-DNAME=${work.name}`],
    ...[...GUEST_FLAGS, ...KERNEL_FLAGS, ...FLAGS],
    ...['-Wl,--oformat=binary,--build-id=none', `-Wl,-T,${join(folder, 'image.ld')}`],
    ...Object.entries(numbers).map(([name, value]) => `-Wl,--defsym,${name}=${value}`),
    ...[join(folder, 'entry.S'), join(folder, 'guest.c')],
  );
  return problem === undefined
    ? undefined
    : new Error(`${work.name} cannot be compiled to ${bits}-bit code: ${compiler} -m${bits}: ${complaint(problem)}`);
}
