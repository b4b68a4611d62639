/** The codec, ready for Node. */
import './node.js';

export * from './index.js';
