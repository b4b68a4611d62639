/** wasi:cli: the granted part of the environment, output to the console, no input and no terminal. */
import { RunEnd } from '../../guest/host.js';
import { CutShort } from '../failures.js';
import { askPlain, type WasiContext } from './context.js';
import { InputStream, OutputStream, type Sink } from './io.js';

/** Characters that wait for the end of their line. */
const LONGEST_LINE = 65_536;

/** One for each level: streams that a component gets of it are all the same. */
class Lines implements Sink {
  readonly #context: WasiContext;
  readonly #level: 'log' | 'error';
  readonly #decoder = new TextDecoder();
  #text = '';

  constructor(context: WasiContext, level: 'log' | 'error') {
    this.#context = context;
    this.#level = level;
  }

  write(bytes: Uint8Array): void {
    const lines = (this.#text + this.#decoder.decode(bytes, { stream: true })).split('\n');
    this.#text = lines.pop()!;
    for (const line of lines) this.#print(line);
    if (this.#text.length > LONGEST_LINE) this.#end();
    if (this.#text.length > 0) this.#context.later(this.#end);
  }

  flush(): void {
    // A line is printed when it is whole, or at the end of the call.
  }

  readonly #end = (): void => {
    const text = this.#text;
    this.#text = '';
    this.#context.done(this.#end);
    if (text.length > 0) this.#print(text);
  };

  #print(line: string): void {
    askPlain(this.#context, 'colony:console', [this.#level, line]);
  }
}

/** Variables that the policy lists; without such a list there are none. */
function environment(context: WasiContext): [string, string][] {
  try {
    return askPlain(context, 'colony:env.list', []) as [string, string][];
  } catch (error) {
    if (error instanceof CutShort && error.info.code === 'ERR_POLICY_DENIED') return [];
    throw error;
  }
}

function exit(code: number): never {
  throw new RunEnd('ERR_GUEST_TRAP', `the component called exit(${code})`);
}

/** By interface. */
export function cli(context: WasiContext): Readonly<Record<string, Readonly<Record<string, unknown>>>> {
  const [out, err] = [new Lines(context, 'log'), new Lines(context, 'error')];
  const nothing = () => undefined;
  return {
    environment: {
      getEnvironment: () => environment(context),
      getArguments: () => [],
      initialCwd: () => undefined,
    },
    exit: {
      exit: (status: { readonly tag: string }) => exit(status.tag === 'ok' ? 0 : 1),
      exitWithCode: exit,
    },
    stdin: { getStdin: () => new InputStream(context, () => new Uint8Array(0)) },
    stdout: { getStdout: () => new OutputStream(context, out) },
    stderr: { getStderr: () => new OutputStream(context, err) },
    'terminal-input': { TerminalInput },
    'terminal-output': { TerminalOutput },
    'terminal-stdin': { getTerminalStdin: nothing },
    'terminal-stdout': { getTerminalStdout: nothing },
    'terminal-stderr': { getTerminalStderr: nothing },
  };
}

/** There are none: the classes are for the glue to ask whether something is one. */
class TerminalInput {}
class TerminalOutput {}
