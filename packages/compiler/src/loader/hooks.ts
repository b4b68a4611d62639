/** The hooks for Node 20. They run on a thread of their own, and are called for `import`, but not for `require`. */
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
      // The message should name the original specifier.
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

/** Hides the details, which Node would print: the message has all of them. */
function hideDetails(error: object): never {
  if ('details' in error) Object.defineProperty(error, 'details', { enumerable: false });
  throw error;
}
