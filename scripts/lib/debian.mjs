// Finds this machine's source of Debian packages, for callers of apt with their own package lists.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A line of `sources.list`, or a field of a `.sources` file (deb822). */
const MIRROR = /^(?:URIs:|deb(?:\s+\[[^\]]*\])?)\s+(\S*\/debian\/?)(?:\s|$)/m;

/**
 * Returns the first Debian mirror in apt's configuration.
 * @param {string} [apt] the folder of that configuration
 * @returns {string | undefined} its address
 */
export function debianMirror(apt = '/etc/apt') {
  const lists = join(apt, 'sources.list.d');
  const names = existsSync(lists) ? readdirSync(lists).sort() : [];
  const files = [join(apt, 'sources.list'), ...names.map((name) => join(lists, name))];
  for (const file of files.filter((name) => /\.(list|sources)$/.test(name) && existsSync(name))) {
    const address = MIRROR.exec(readFileSync(file, 'utf8'))?.[1];
    if (address !== undefined) return address;
  }
  return undefined;
}
