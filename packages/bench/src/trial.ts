/** Entry of a trial's process: receives its plan as a message, sends progress and the result, and exits. */
import { Trial } from './harness.js';
import { findSuite } from './suites/index.js';
import type { Plan, TrialMessage } from './types.js';

const send = (message: TrialMessage) => new Promise<void>((resolve) => process.send?.(message, () => resolve()));

// The parent was killed, so nobody needs the rest.
process.once('disconnect', () => process.exit(1));
process.once('message', async (plan: Plan) => {
  const progress = (done: number, of: number, doing: string) => void send({ kind: 'progress', done, of, doing });
  const result = await new Trial(findSuite(plan.suite), plan, progress).run();
  await send({ kind: 'result', result });
  // Exit explicitly: backends keep threads, and all results have been sent.
  process.exit(0);
});
