/** Colony's plugin for Rspack. */
import { colony } from './plugin.js';

export type { PluginOptions } from './plugin.js';
export default colony.rspack;
