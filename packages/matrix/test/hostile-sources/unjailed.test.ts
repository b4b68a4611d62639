/** Without bubblewrap, as on machines where it is missing or cannot make namespaces: the checks alone must hold. */
import { hostileSources } from './attacks.js';

// Set before any backend opens, because the jail is detected only once.
process.env['COLONY_BWRAP'] = 'none';
const { absent, BACKENDS } = await import('@colony/matrix');

for (const backend of BACKENDS) hostileSources(backend, absent[backend]);
