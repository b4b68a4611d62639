/** Why the native addon does not load, and the remedy on this system. */

export interface Unloadable {
  readonly detail: string;
  readonly remedy: string;
}

const FROM_SOURCE = 'or build the addon here, as the README of this package explains';
const NEWER = `use a newer system (Debian 12, Ubuntu 22.04 or later), ${FROM_SOURCE}`;

/** Messages of the loader, each with its problem and its remedy. The first match counts. */
const SAYINGS: readonly (readonly [RegExp, string, string])[] = [
  [/libc=musl/, 'the native addon needs glibc, and this system has musl', `use an image with glibc, ${FROM_SOURCE}`],
  [
    /No native build was found/,
    'the native addon is not in this copy of the package',
    "install the package again from its tarball; in a checkout of Colony, 'npm run build' makes the addon",
  ],
  [/\bGLIBC_[\d.]+. not found/, 'the native addon needs glibc 2.34 or newer', NEWER],
  [/\b(GLIBCXX|CXXABI)_[\d.]+. not found/, 'the native addon needs the libstdc++ of GCC 12 or newer', NEWER],
  [/libstdc\+\+|libgcc_s/, 'the native addon needs libstdc++', 'install it (Debian and Ubuntu: libstdc++6)'],
];

/**
 * @param cause the error that loading threw
 * @param platform `process.platform`
 * @param arch `process.arch`
 */
export function unloadable(
  cause: unknown,
  platform: string = process.platform,
  arch: string = process.arch,
): Unloadable {
  if (platform !== 'linux' || arch !== 'x64')
    return { detail: `this is ${platform} on ${arch}`, remedy: 'use Linux on x86-64, or another backend' };
  const said = cause instanceof Error ? cause.message : String(cause);
  const known = SAYINGS.find(([pattern]) => pattern.test(said));
  if (known !== undefined) return { detail: known[1], remedy: known[2] };
  return {
    detail: `the native addon does not load (${said.split('\n')[0]})`,
    remedy: `install the package again from its tarball, ${FROM_SOURCE}`,
  };
}
