/**
 * Guards the ways to run code that bypass the hooks: `vm`, `--eval`, threads that are started without the hooks, and
 * CommonJS. CommonJS bypasses them in Node 20 and in tools that replace its loaders (tsx, Jest, Babel). Each text that
 * holds a directive is compiled or refused.
 */
import module from 'node:module';
import { isatty } from 'node:tty';
import vm from 'node:vm';
import workerThreads, { type WorkerOptions } from 'node:worker_threads';
import { mayHoldDirective } from '../ts/syntax/mark.js';
import { check, load } from './service.js';

type Compile = (this: unknown, content: string, file: string, format?: string) => unknown;

/** Every CommonJS module passes `_compile`, with the text that the last tool made. */
function guardCommonJs(): void {
  const { prototype } = module.Module as unknown as { prototype: { _compile: Compile } };
  const compile = prototype._compile;
  prototype._compile = function (content, file, format) {
    const isDoubtful = typeof content === 'string' && mayHoldDirective(content);
    const loaded = isDoubtful ? load({ file, text: content, format }) : undefined;
    if (loaded === undefined) return compile.call(this, content, file, format);
    return compile.call(this, loaded.source, file, loaded.format);
  };
}

/** The file name: the options themselves, or a property of them. */
function nameOf(options: unknown, fallback: string): string {
  if (typeof options === 'string') return options;
  const { filename, identifier } = (options ?? {}) as { filename?: unknown; identifier?: unknown };
  return String(filename ?? identifier ?? fallback);
}

const checked = (code: unknown, options: unknown, fallback: string) => {
  if (typeof code === 'string' && mayHoldDirective(code)) check(nameOf(options, fallback), code);
};

/** Jest and Vitest run modules with `vm`. */
function guardVm(): void {
  const target = vm as unknown as Record<string, unknown>;
  for (const name of ['Script', 'SourceTextModule']) {
    const Original = target[name];
    if (typeof Original !== 'function') continue;
    target[name] = new Proxy(Original as typeof vm.Script, {
      construct(target_, args: [string, object?], newTarget) {
        checked(args[0], args[1], 'evalmachine.<anonymous>');
        return Reflect.construct(target_, args, newTarget);
      },
    });
  }
  for (const name of ['compileFunction', 'runInThisContext', 'runInContext', 'runInNewContext']) {
    const original = target[name] as (...args: unknown[]) => unknown;
    target[name] = new Proxy(original, {
      apply(call, self, args) {
        checked(args[0], args.at(-1) === args[0] ? undefined : args.at(-1), 'evalmachine.<anonymous>');
        return Reflect.apply(call, self, args);
      },
    });
  }
}

/** Adds the hooks to threads that have flags of their own. */
function guardWorkers(register: string, isInherited: boolean): void {
  const withHooks = (options: WorkerOptions = {}): WorkerOptions => {
    if (options.execArgv === undefined && isInherited) return options;
    const { execArgv = process.execArgv } = options;
    return { ...options, execArgv: [...execArgv, '--import', register] };
  };
  workerThreads.Worker = new Proxy(workerThreads.Worker, {
    construct(target_, [file, options]: [string | URL, WorkerOptions?], newTarget) {
      if (options?.eval === true) checked(file, undefined, '[worker eval]');
      return Reflect.construct(target_, [file, withHooks(options)], newTarget);
    },
  });
}

/**
 * Checks the text of `node --eval` and `--print`, which is not a module. Standard input cannot be read before it runs.
 */
function guardEval(): void {
  const { _eval } = process as unknown as { _eval?: string };
  if (_eval !== undefined) checked(_eval, undefined, '[eval]');
  const isPiped = _eval === undefined && (process.argv[1] === undefined || process.argv[1] === '-');
  if (!isPiped || !workerThreads.isMainThread || isatty(0)) return;
  const message =
    "a program from standard input is not compiled: 'use virtine' has no effect in it. Write it to a file";
  process.emitWarning(message, 'ColonyWarning');
}

/** @param register URL of the module that loads the hooks. */
export function guard(register: string, isInherited: boolean): void {
  guardEval();
  guardCommonJs();
  guardVm();
  guardWorkers(register, isInherited);
  // Updates the names for modules that import them.
  module.syncBuiltinESMExports();
}
