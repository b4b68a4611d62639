/** Code that backends share: starting a program once for many contexts, and the errors of limits. */
export { asyncInSync, type LimitFailure, limitError, limitFailure } from './limit-error.js';
export { joinShared, SharedWork, type Works } from './shared-work.js';
export { StartCache, type StartMakers, type StartStore } from './start-cache.js';
