/** WebAssembly from its text. */
import wabt from 'wabt';

let loading: ReturnType<typeof wabt> | undefined;

/** Bytes of a module. @throws Error where the text does not parse or the module is not valid */
export async function assemble(text: string, filename = 'module.wat'): Promise<Uint8Array<ArrayBuffer>> {
  loading ??= wabt();
  const module = (await loading).parseWat(filename, text, FEATURES);
  try {
    module.resolveNames();
    // The declarations do not say it, but what may be valid is asked for here as well.
    (module as { validate(features?: object): void }).validate(FEATURES);
    return new Uint8Array(module.toBinary({}).buffer);
  } finally {
    module.destroy();
  }
}

/** What hostile modules use besides: that backends refuse it is theirs to show. */
const FEATURES = { exceptions: true, threads: true, memory64: true, tail_call: true, bulk_memory: true, simd: true };
