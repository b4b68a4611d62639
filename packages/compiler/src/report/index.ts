/** Reports as data, JSON and text. */
export { reportJson } from './json.js';
export { reportText } from './text.js';
export type { Inside, ModuleSize, VirtineReport } from './types.js';
