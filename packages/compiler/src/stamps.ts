/** What tells that files changed, without reading them. */
import { stat } from 'node:fs/promises';

/** Sizes and times of files: whether any has changed since. */
export async function stampsOf(files: readonly string[]): Promise<string> {
  const stamps = await Promise.all(
    files.map(async (file) => {
      const found = await stat(file, { bigint: true }).catch(() => undefined);
      return found === undefined ? '-' : `${found.mtimeNs}:${found.size}`;
    }),
  );
  return stamps.join(' ');
}
