/** The same hooks for Node 20: they run on a thread of their own, and see what is imported, not what is required. */
import type { LoadHook, ResolveHook } from 'node:module';
import { checkText, loadSource } from './compile.js';
import { doubtful, sourceOf, typedSpecifier } from './files.js';

export const resolve: ResolveHook = async (specifier, context, next) => {
  try {
    return await next(specifier, context);
  } catch (error) {
    const typed = typedSpecifier(specifier, context.parentURL, error);
    if (typed === undefined) throw error;
    try {
      return await next(typed, context);
    } catch {
      // The message should name what was asked for.
      throw error;
    }
  }
};

export const load: LoadHook = async (url, context, next) => {
  const source = sourceOf(url, context.format);
  const loaded = source && (await loadSource(source).catch(hideDetails));
  for (const warning of loaded?.warnings ?? []) process.emitWarning(warning, 'ColonyWarning');
  if (loaded !== undefined) return { format: loaded.format, source: loaded.source, shortCircuit: true };
  const loadedByNext = await next(url, context);
  const left = doubtful(url, loadedByNext);
  if (left !== undefined && left.text !== source?.text) checkText(left.file, left.text);
  return loadedByNext;
};

/** Node prints what an error holds: here its message says all of it. */
function hideDetails(error: object): never {
  if ('details' in error) Object.defineProperty(error, 'details', { enumerable: false });
  throw error;
}
