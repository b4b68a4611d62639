/** What backends share: one way to start a program once for many contexts, and one way to say which limit a call met. */
export { asyncInSync, type LimitFailure, limitError, limitFailure } from './limit-error.js';
export { joinShared, SharedWork, type Works } from './shared-work.js';
export { StartCache, type StartMakers, type StartStore } from './start-cache.js';
