/** Reports as data, JSON, text and a page. */
export { reportHtml } from './html.js';
export { reportJson } from './json.js';
export type { ImageSizes, NativeFacts, NativePart, Origin, OwnedPages } from './native.js';
export { reportText } from './text.js';
export type { Inside, ModuleSize, VirtineReport } from './types.js';
