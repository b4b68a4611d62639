/** All peers: those in the caller's process, then those in separate processes. */
import type { Peer } from '../peer.js';
import * as bubblewrap from './bubblewrap.js';
import * as childProcess from './child-process.js';
import * as deno from './deno.js';
import * as extism from './extism.js';
import * as isolatedVm from './isolated-vm.js';
import * as nodeVm from './node-vm.js';
import * as piscina from './piscina.js';
import * as quickjsEmscripten from './quickjs-emscripten.js';
import * as quickjsWasi from './quickjs-wasi.js';
import * as workerThreads from './worker-threads.js';
import * as workerd from './workerd.js';

export const PEERS: readonly Peer[] = [
  workerThreads.peer,
  piscina.peer,
  nodeVm.peer,
  isolatedVm.peer,
  quickjsEmscripten.peer,
  quickjsWasi.peer,
  extism.peer,
  childProcess.peer,
  workerd.peer,
  deno.peer,
  bubblewrap.peer,
  bubblewrap.inC,
];
