/** Colony's plugin for webpack. */
import { colony } from './plugin.js';

export type { PluginOptions } from './plugin.js';
export default colony.webpack;
