/** Hooks on the program's own thread, in versions of Node that have them: they see both `import` and `require`. */
import type { LoadFnOutput, LoadHookContext, ResolveFnOutput, ResolveHookContext } from 'node:module';
import { doubtful, sourceOf, typedSpecifier } from './files.js';
import { check, load as compile } from './service.js';

type Next<Context, Output> = (subject: string, context?: Partial<Context>) => Output;

export function resolve(
  specifier: string,
  context: ResolveHookContext,
  next: Next<ResolveHookContext, ResolveFnOutput>,
): ResolveFnOutput {
  try {
    return next(specifier, context);
  } catch (error) {
    const typed = typedSpecifier(specifier, context.parentURL, error);
    if (typed === undefined) throw error;
    try {
      return next(typed, context);
    } catch {
      // The message should name the original specifier.
      throw error;
    }
  }
}

export function load(url: string, context: LoadHookContext, next: Next<LoadHookContext, LoadFnOutput>): LoadFnOutput {
  const source = sourceOf(url, context.format);
  const loaded = source && compile(source);
  if (loaded !== undefined) return { format: loaded.format, source: loaded.source, shortCircuit: true };
  const loadedByNext = next(url, context);
  const left = doubtful(url, loadedByNext);
  if (left !== undefined && left.text !== source?.text) check(left.file, left.text);
  return loadedByNext;
}
