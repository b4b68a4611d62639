/** Makes guests of every kind of program. */
import { componentGuest } from '../components/component-guest.js';
import { jsGuest } from '../engine/js-guest.js';
import type { Guest, GuestState } from '../guest/guest.js';
import type { GuestHost } from '../guest/host.js';
import { cGuest } from '../modules/c-module.js';
import { moduleGuest } from '../modules/core-module.js';
import type { PreparedProgram } from './program.js';

/** @throws RunEnd, and what the guest's own code throws */
export function makeGuest(program: PreparedProgram, host: GuestHost, state?: GuestState): Guest {
  switch (program.kind) {
    case 'js':
      return jsGuest(program, host, state);
    case 'wasm':
      return moduleGuest(program, host, state);
    case 'native':
      return cGuest(program, host, state);
    case 'component':
      return componentGuest(program, host);
  }
}
