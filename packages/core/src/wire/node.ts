/** The frames, ready for Node. */
import './codec/node.js';

export * from './frames.js';
