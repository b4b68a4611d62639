/** Parts of a guest that runs in Node, in a child of the process backend or in a virtine. They are bundled into it. */
export { headroom } from './headroom.js';
export { Modules } from './modules.js';
export { hideFrames } from './stack.js';
export { SyntaxErrors } from './syntax-error.js';
