/** All laws, in the order of their themes. */
import type { Law } from '../law.js';
import { abort } from './abort.js';
import { batch } from './batch.js';
import { capabilities } from './capabilities.js';
import { concurrency } from './concurrency.js';
import { dispose } from './dispose.js';
import { errors } from './errors.js';
import { hypercalls } from './hypercalls.js';
import { isolation } from './isolation.js';
import { keepState } from './keep-state.js';
import { lifecycle } from './lifecycle.js';
import { limits } from './limits.js';
import { native } from './native.js';
import { policy } from './policy.js';
import { results } from './results.js';
import { snapshot } from './snapshot.js';
import { states } from './states.js';
import { values } from './values.js';

export const laws: readonly Law[] = Object.freeze([
  ...capabilities,
  ...results,
  ...errors,
  ...values,
  ...hypercalls,
  ...policy,
  ...limits,
  ...abort,
  ...isolation,
  ...snapshot,
  ...dispose,
  ...concurrency,
  ...batch,
  ...keepState,
  ...states,
  ...lifecycle,
  ...native,
]);
