/** The position of a module's syntax error, which V8 reports to Node only. */
import { createRequire } from 'node:module';

/** Node's own function, available with `--expose-internals`: puts `file:line`, the line and a caret before the stack. */
type Decorate = (error: unknown) => void;

function findDecorate(load: NodeJS.Require): Decorate | undefined {
  try {
    return (load('internal/util') as { decorateErrorStack?: Decorate }).decorateErrorStack;
  } catch {
    return undefined;
  }
}

export class SyntaxErrors {
  readonly #decorate: Decorate | undefined;

  /** `file`: the script that asks. */
  constructor(file: string) {
    this.#decorate = findDecorate(createRequire(file));
  }

  /** Adds `at file:line:column` to the error's stack, as in other engines, if Node reports the position. */
  locate(error: unknown): unknown {
    const known = error as { stack?: unknown; name?: unknown };
    if (typeof known?.stack !== 'string' || known.name !== 'SyntaxError') return error;
    const { stack } = known;
    this.#decorate?.(error);
    const [where, , carets] = String(known.stack).split('\n');
    const column = carets?.indexOf('^') ?? -1;
    const isLocated = String(known.stack) !== stack && /:\d+$/.test(where ?? '');
    const at = isLocated ? `\n    at ${where}${column >= 0 ? `:${column + 1}` : ''}` : '';
    known.stack = `${stack.split('\n')[0]}${at}`;
    return error;
  }
}
