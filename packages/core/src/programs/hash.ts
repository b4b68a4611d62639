import { createHash } from 'node:crypto';

/**
 * Returns the SHA-256, in hex, of parts. Each part is preceded by its length, so that different lists never give the
 * same bytes.
 */
export function hashParts(parts: readonly (string | Uint8Array)[]): string {
  const hash = createHash('sha256');
  for (const part of parts) {
    const bytes = typeof part === 'string' ? Buffer.from(part) : part;
    hash.update(`${bytes.length}:`).update(bytes);
  }
  return hash.digest('hex');
}
