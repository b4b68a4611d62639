/** What tells that files changed, without reading them. */
import { statSync } from 'node:fs';

/**
 * Sizes and times of files: whether any has changed since. Synchronous, because a thousand of these take some milliseconds,
 * and a thousand promises of a thread pool ten times as long.
 */
export function stampsOf(files: readonly string[]): string {
  const stamps = files.map((file) => {
    const found = statSync(file, { bigint: true, throwIfNoEntry: false });
    return found === undefined ? '-' : `${found.mtimeNs}:${found.size}`;
  });
  return stamps.join(' ');
}
