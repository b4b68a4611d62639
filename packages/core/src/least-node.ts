import { OptionReader } from './options/option-reader.js';

/** The oldest Node that Colony supports, as major and minor version. Every package's `engines` has the same version. */
export const LEAST_NODE = [20, 19] as const;

/**
 * Returns whether this version of Node is supported. A runtime that imitates Node reports the version that it imitates.
 * @throws ColonyError ERR_BAD_OPTION
 */
export function isSupportedNode(version: string = process.versions.node): boolean {
  const text = new OptionReader('ERR_BAD_OPTION', 'isSupportedNode').string(version, 'version');
  const [major = 0, minor = 0] = text.split('.').map(Number);
  const [leastMajor, leastMinor] = LEAST_NODE;
  return major > leastMajor || (major === leastMajor && minor >= leastMinor);
}
