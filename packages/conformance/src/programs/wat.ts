/** Assembles WebAssembly from its text. */
import wabt from 'wabt';

let loading: ReturnType<typeof wabt> | undefined;

/** Bytes of a module. @throws Error if the text does not parse or the module is invalid */
export async function assemble(text: string, filename = 'module.wat'): Promise<Uint8Array<ArrayBuffer>> {
  loading ??= wabt();
  const module = (await loading).parseWat(filename, text, FEATURES);
  try {
    module.resolveNames();
    // The declarations omit the parameter, but validation needs the features as well.
    (module as { validate(features?: object): void }).validate(FEATURES);
    return new Uint8Array(module.toBinary({}).buffer);
  } finally {
    module.destroy();
  }
}

/** Features that hostile modules also use; a backend itself must refuse them. */
const FEATURES = { exceptions: true, threads: true, memory64: true, tail_call: true, bulk_memory: true, simd: true };
