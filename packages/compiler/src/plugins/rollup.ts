/** Colony's plugin for Rollup. */
import { colony } from './plugin.js';

export type { PluginOptions } from './plugin.js';
export default colony.rollup;
