/**
 * The parts of this machine that dynamic programs need: code and read-only data that packages of a distribution
 * installed. Nothing here belongs to the machine's users (`/home`, `/var`, `/usr/local`) or is its configuration (`/etc`
 * otherwise). No executables: a program reaches only its own.
 */
import * as fs from 'node:fs';
import type { LinuxFile } from '../../backend.js';

const PATHS = [
  '/lib',
  '/lib64',
  '/usr/lib',
  '/usr/lib64',
  '/usr/share',
  // Links between the directories above, such as the one to the chosen BLAS library.
  '/etc/alternatives',
  // The index of the libraries, without which each is searched for.
  '/etc/ld.so.cache',
  // OpenSSL reads it at start-up; the default for all of its programs.
  '/etc/ssl/openssl.cnf',
];

/** Returns whether a file is one of the machine's own at its own path. */
export const isOfSystem = (file: LinuxFile): boolean =>
  'host' in file && file.host === file.path && PATHS.includes(file.path);

/** Links, such as `/lib` to `usr/lib`, stay links. Paths that this machine does not have are left out. */
export function systemFiles(): LinuxFile[] {
  return PATHS.flatMap((path): LinuxFile[] => {
    const stat = fs.lstatSync(path, { throwIfNoEntry: false });
    if (stat === undefined) return [];
    return [stat.isSymbolicLink() ? { path, link: fs.readlinkSync(path) } : { path, host: path }];
  });
}
