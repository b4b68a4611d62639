/** With bubblewrap, if it works. */
import { absent, BACKENDS } from '@colony/matrix';
import { hostileSources } from './attacks.js';

for (const backend of BACKENDS) hostileSources(backend, absent[backend]);
