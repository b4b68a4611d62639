import { fileURLToPath } from 'node:url';

/** Where the tests keep what they build from run to run. */
export const cacheDir = fileURLToPath(new URL('../../.cache', import.meta.url));
