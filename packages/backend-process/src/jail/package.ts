/** Paths of this package's files, sources and built ones. */
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const packageRoot = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
export const nativeFolder = join(packageRoot, 'dist', 'native');
