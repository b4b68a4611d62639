/** The oldest Node that Colony supports, as major and minor version: every package's `engines` says the same. */
export const LEAST_NODE = [20, 19] as const;

/** Is this version of Node new enough? Of a runtime that imitates Node: the version that it imitates. */
export function isSupportedNode(version: string = process.versions.node): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const [leastMajor, leastMinor] = LEAST_NODE;
  return major > leastMajor || (major === leastMajor && minor >= leastMinor);
}
