/**
 * The smallest backend: Wasm modules in this thread, a new instance for each call. It does not enforce time or memory,
 * and reports that; the other laws must hold.
 */
import {
  type Backend,
  type BackendCapabilities,
  type BackendInstance,
  type BackendModule,
  ColonyError,
  type HypercallHandler,
  type InstanceOptions,
  type RunRequest,
  type RunResult,
} from '@colony/core';
import { decode, encode } from '@colony/core/codec';

const LIMITS = { maxBytes: 2 ** 26, maxDepth: 64, allowance: 2 ** 20 };

const capabilities: BackendCapabilities = {
  programs: ['wasm'],
  callSync: true,
  snapshot: false,
  snapshotFile: false,
  asyncHypercalls: false,
  keepState: true,
  limits: { memory: false, wallTime: false, cpuTime: false, output: true },
  boundary: 'none',
  mechanisms: [],
};

class GuestError extends Error {
  constructor(name: string, message: string, code?: string) {
    super(message);
    this.name = name;
    if (code !== undefined) Object.assign(this, { code });
  }
}

type Signature = readonly string[];
const join = (parts: readonly Uint8Array[]) => new Uint8Array(Buffer.concat(parts));
const asNumber = (value: unknown) =>
  typeof value === 'bigint' && value >= -(2n ** 53n - 1n) && value <= 2n ** 53n - 1n ? Number(value) : value;

/**
 * Finds parameter types by trial, because V8 does not expose signatures. Enough for the suite's own program, and for
 * generated ones, whose functions have four parameters.
 */
const SIGNATURES: Readonly<Record<string, Signature>> = {
  add: ['i32', 'i32'],
  divide: ['i32', 'i32'],
  hideSecret: ['i32', 'i32'],
  echoI64: ['i64'],
  echoF32: ['f'],
  echoF64: ['f'],
};

function argument(value: unknown, type: string): unknown {
  if (type === 'i64' && typeof value === 'bigint') {
    if (BigInt.asIntN(64, value) !== value) throw new GuestError('RangeError', 'must be an integer of 64 bits');
    return value;
  }
  if (typeof value !== 'number') throw new GuestError('TypeError', `must be a number, not ${typeof value}`);
  if (type === 'f') return value;
  if (!Number.isInteger(value) || (type === 'i32' && value !== (value | 0)))
    throw new GuestError('RangeError', 'must be an integer');
  return type === 'i64' ? BigInt(value) : value;
}

class Instance implements BackendInstance {
  readonly exports: readonly string[];
  readonly #module: WebAssembly.Module;
  #kept: WebAssembly.Instance | undefined;
  #disposed = false;

  constructor(readonly options: InstanceOptions) {
    const { program } = options;
    try {
      this.#module = new WebAssembly.Module(
        program.kind === 'wasm' ? (program.module as BufferSource) : new Uint8Array(),
      );
    } catch (error) {
      throw new ColonyError('ERR_COMPILE', (error as Error).message);
    }
    this.exports = WebAssembly.Module.exports(this.#module)
      .filter(({ kind }) => kind === 'function')
      .map(({ name }) => name);
    this.#instantiate({ current: options.onHypercall, output: 2 ** 20 });
  }

  /** `asked.current` is the handler of the guest's imports. */
  #instantiate(asked: { current: HypercallHandler; output: number }): WebAssembly.Instance {
    const imports: Record<string, Record<string, (...args: unknown[]) => unknown>> = {};
    for (const { module, name } of WebAssembly.Module.imports(this.#module)) {
      imports[module] ??= {};
      imports[module][name] = (...args) => ask(asked, `${module}.${name}`, args.map(asNumber));
    }
    try {
      return new WebAssembly.Instance(this.#module, imports as WebAssembly.Imports);
    } catch (error) {
      throw trap(error);
    }
  }

  runSync({ input, limits, state, onHypercall }: RunRequest): RunResult {
    if (this.#disposed) throw new ColonyError('ERR_DISPOSED', 'disposed');
    const asked = { current: onHypercall, output: limits.output };
    const guest = state === 'keep' && this.#kept !== undefined ? this.#kept : this.#instantiate(asked);
    if (state === 'keep') this.#kept = guest;
    const [kind, name, args] = decode(join(input), LIMITS) as [number, string, unknown[]];
    const output = join(
      encode(
        outcome(() => (kind === 2 ? this.#batch(guest, name, args) : this.#call(guest, name, args))),
        LIMITS,
      ),
    );
    return { output, usage: { wallTime: 0, cpuTime: 0, memory: 0, dirtyPages: 0 } };
  }

  #batch(guest: WebAssembly.Instance, name: string, rows: readonly unknown[]): unknown {
    this.#find(guest, name);
    return rows.map((row) => outcome(() => this.#call(guest, name, row as unknown[])));
  }

  #find(guest: WebAssembly.Instance, name: string): (...args: unknown[]) => unknown {
    if (!this.exports.includes(name))
      throw new GuestError('ColonyError', `no export ${name}; there are ${this.exports}`, 'ERR_NO_SUCH_EXPORT');
    return guest.exports[name] as (...args: unknown[]) => unknown;
  }

  #call(guest: WebAssembly.Instance, name: string, args: readonly unknown[]): unknown {
    const run = this.#find(guest, name);
    if (args.length !== run.length) throw new GuestError('TypeError', `${name} takes ${run.length} arguments`);
    const types = SIGNATURES[name] ?? (args.length === 4 ? ['i32', 'i64', 'f', 'f'] : args.map(() => 'i32'));
    const values = args.map((value, i) => argument(value, types[i]!));
    try {
      return asNumber(run(...values));
    } catch (error) {
      throw trap(error);
    }
  }

  run = async (request: RunRequest): Promise<RunResult> => this.runSync(request);
  async snapshot(): Promise<never> {
    throw new ColonyError('ERR_UNSUPPORTED', 'no snapshots');
  }
  async reset(): Promise<void> {
    this.#kept = undefined;
  }
  async dispose(): Promise<void> {
    this.#disposed = true;
  }
}

function ask(
  { current, output }: { current: HypercallHandler; output: number },
  name: string,
  args: unknown[],
): unknown {
  const request = join(encode([name, args], LIMITS));
  if (request.length > output) throw new ColonyError('ERR_LIMIT_OUTPUT', 'the request is too large');
  const reply = current(request);
  if (reply instanceof Promise) throw new ColonyError('ERR_ASYNC_IN_SYNC', 'a promise cannot be awaited here');
  const [failed, value] = decode(join(reply), LIMITS) as [number, unknown];
  if (failed === 1) {
    const { name: kind, message, code } = value as { name: string; message: string; code?: string };
    throw new GuestError(kind, message, code);
  }
  if (typeof value !== 'number' || !Number.isInteger(value))
    throw new GuestError('TypeError', 'the host gave no integer');
  return value;
}

/** A guest's error is its result; other errors are rethrown. */
function outcome(work: () => unknown): unknown {
  try {
    return [0, work()];
  } catch (error) {
    if (!(error instanceof GuestError)) throw error;
    const { name, message } = error;
    return [1, { name, message, ...('code' in error && { code: error.code }) }];
  }
}

function trap(error: unknown): Error {
  if (error instanceof GuestError || ColonyError.is(error)) return error as Error;
  return new ColonyError('ERR_GUEST_TRAP', (error as Error).message);
}

export function tinyBackend(name: string): BackendModule {
  const open = async (): Promise<Backend> => ({
    name,
    capabilities,
    createInstance: async (options) => new Instance(options),
    stats: () => ({}),
    dispose: async () => {},
  });
  return { name, doctor: async () => [], open };
}
