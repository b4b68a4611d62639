/** Small guests in C that measure and attack; see probes/README.md. For tests of backends and for benchmarks. */
import { join } from 'node:path';
import { guestFolder } from './package.js';

export const probesFolder = join(guestFolder, 'probes');

/** Returns the path of a probe's C file: `probePath('basic')`. */
export const probePath = (name: string): string => join(probesFolder, `${name}.c`);
