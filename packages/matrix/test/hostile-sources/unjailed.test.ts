/** Without bubblewrap, as on machines where it is missing or cannot make namespaces: the checks alone must hold. */
import { hostileSources } from './attacks.js';

// Before any backend is opened: what holds is found out once.
process.env['COLONY_BWRAP'] = 'none';
const { absent, BACKENDS } = await import('@colony/matrix');

for (const backend of BACKENDS) hostileSources(backend, absent[backend]);
