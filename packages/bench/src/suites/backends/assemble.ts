import wabt from 'wabt';

/** Bytes of a module from its text. */
export async function assemble(wat: string): Promise<Uint8Array<ArrayBuffer>> {
  const { parseWat } = await wabt();
  return new Uint8Array(parseWat('module.wat', wat).toBinary({}).buffer);
}
