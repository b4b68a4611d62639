/** Guests of every kind of program. */
import { componentGuest } from '../components/guest.js';
import { jsGuest } from '../engine/guest.js';
import type { Guest, GuestState, PreparedProgram } from '../guest.js';
import type { GuestHost } from '../guest-host.js';
import { cGuest } from './c.js';
import { moduleGuest } from './module.js';

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
