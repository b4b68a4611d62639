import { fileURLToPath } from 'node:url';

/** The folder that keeps what the tests build, from run to run. */
export const cacheDir = fileURLToPath(new URL('../../.cache', import.meta.url));
