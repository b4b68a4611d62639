/** All hostile scenarios. */
import { escapes } from './escapes.js';
import { exhaustion } from './exhaustion.js';
import { machine } from './machine.js';
import { modules } from './modules.js';
import { realms } from './realms.js';
import type { Scenario } from './scenario.js';
import { syscalls } from './syscalls.js';
import { tampering } from './tampering.js';

export { objection } from './scenario.js';

export const hostile: readonly Scenario[] = Object.freeze([
  ...escapes,
  ...realms,
  ...tampering,
  ...exhaustion,
  ...syscalls,
  ...machine,
  ...modules,
]);
