/** The required signers of snapshot files that contexts start from. */

import type { OptionReader } from '../options/option-reader.js';
import { isSigner } from '../snapshots/signature.js';
import type { CompiledPolicy } from './compile.js';

export function readSigners(value: unknown, reader: OptionReader, path: string): readonly string[] {
  const { signedBy } = reader.object(value, path, ['signedBy']);
  return reader.list(signedBy, `${path}.signedBy`, (item, at) => {
    const name = reader.string(item, at);
    return isSigner(name)
      ? name
      : reader.fail(at, "what 'colony inspect' shows of a signed snapshot: ed25519:...", item);
  });
}

/** Returns one list for each layer with a demand. A signer from every list must have signed. */
export const demandedSigners = ({ layers }: CompiledPolicy): readonly (readonly string[])[] =>
  layers.flatMap(({ signers }) => (signers === undefined ? [] : [signers]));
