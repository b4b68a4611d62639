/** All hostile scenarios in JavaScript. */
import { escapes } from './escapes.js';
import { exhaustion } from './exhaustion.js';
import type { Scenario } from './scenario.js';
import { tampering } from './tampering.js';

export const hostile: readonly Scenario[] = Object.freeze([...escapes, ...tampering, ...exhaustion]);
