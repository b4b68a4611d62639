import { join } from 'node:path';
import { programs } from '../../../floor-process.js';
import { Forked } from '../fork.js';
import { remotePeer } from '../remote.js';

export const peer = remotePeer({
  name: 'child_process.fork',
  package: 'node',
  boundary: 'process',
  floor: 'c.posix_spawn',
  words: { cold: 'fork of a Node process', warm: 'in a running forked Node process, by a message each way' },
  start: async () => new Forked(join(programs, 'field/forked.mjs')),
});
