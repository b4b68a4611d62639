/** Colony's plugin for Vite. */
import { colony } from './plugin.js';

export type { PluginOptions } from './plugin.js';
export default colony.vite;
