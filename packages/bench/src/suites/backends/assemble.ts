import type wabt from 'wabt';
import { loadPackage } from '../../optional.js';

/** Assembles a module from its text. @throws Error with the remedy if wabt is missing */
export async function assemble(wat: string): Promise<Uint8Array<ArrayBuffer>> {
  const { parseWat } = await (await loadPackage<{ default: typeof wabt }>('wabt')).default();
  return new Uint8Array(parseWat('module.wat', wat).toBinary({}).buffer);
}
