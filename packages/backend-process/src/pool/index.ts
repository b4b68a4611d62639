/** What the pools of both cells share. */
export { Gate } from './gate.js';
export { CrashLoopGuard, type GuardOptions } from './guard.js';
