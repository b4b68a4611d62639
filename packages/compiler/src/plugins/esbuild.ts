/** Colony's plugin for esbuild. */
import { colony } from './plugin.js';

export type { PluginOptions } from './plugin.js';
export default colony.esbuild;
