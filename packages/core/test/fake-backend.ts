/**
 * A backend in this process, for tests. Each run is a new quickjs-ng that replays the journal of earlier frames and
 * replies. A host function's promise ends the run and is awaited. The run is then repeated with the reply in the
 * journal. Hypercalls are a guest's only source of nondeterminism.
 */
import { setMaxListeners } from 'node:events';
import type {
  Backend,
  BackendCapabilities,
  BackendInstance,
  BackendModule,
  BackendSnapshot,
  Capabilities,
  DoctorFinding,
  InstanceOptions,
  RunLimits,
  RunRequest,
  RunResult,
} from '../src/backend.js';
import { readLoadResult } from '../src/context/guest-errors.js';
import { ColonyError } from '../src/errors.js';
import { concat, decode, encode } from '../src/wire/codec/public.js';
import { QuickJSGuest } from './quickjs-embedder.js';

/** A dispatched frame, with the replies to its hypercalls. */
interface Entry {
  frame: Uint8Array;
  replies: Uint8Array[];
}

class Parked extends Error {
  constructor(readonly reply: Promise<Uint8Array[]>) {
    super('parked');
  }
}

export const capabilities: Capabilities = {
  programs: ['js'],
  callSync: true,
  snapshot: true,
  snapshotFile: true,
  asyncHypercalls: true,
  keepState: true,
  limits: { memory: true, wallTime: true, cpuTime: true, output: true },
  boundary: 'wasm',
  mechanisms: ['seccomp'],
};

/**
 * Returns the milliseconds of CPU time of this process. Time limits are compared with it while a guest runs, so that
 * other load of the machine does not end the guest.
 */
function used(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

class Machine {
  #stop: Error | undefined;
  #deadline = Number.POSITIVE_INFINITY;
  guest!: QuickJSGuest;

  static async create(memory: number): Promise<Machine> {
    const machine = new Machine();
    machine.guest = await QuickJSGuest.create({
      interrupt: () => machine.#stop !== undefined || used() > machine.#deadline,
      memory,
    });
    return machine;
  }

  /** Dispatches one entry in at most `most` milliseconds. Hypercalls beyond its replies go to `serve`. */
  dispatch(entry: Entry, most: number, serve: (request: Uint8Array) => Uint8Array): Uint8Array {
    let next = 0;
    this.#deadline = used() + most;
    this.guest.onHypercall = (request) => {
      try {
        const reply = next < entry.replies.length ? entry.replies[next]! : serve(request);
        if (next++ >= entry.replies.length) entry.replies.push(reply);
        return reply;
      } catch (error) {
        this.#stop = error as Error;
        throw error;
      }
    };
    try {
      const output = this.guest.dispatch(entry.frame);
      if (this.#stop !== undefined) throw this.#stop;
      return output;
    } catch (error) {
      if (this.#stop !== undefined) throw this.#stop;
      if (used() > this.#deadline) throw new ColonyError('ERR_LIMIT_WALL_TIME', 'the call took too long');
      throw new ColonyError('ERR_GUEST_TRAP', `the guest ended: ${(error as Error).message}`);
    }
  }
}

interface Run {
  limits: RunLimits;
  onHypercall: RunRequest['onHypercall'];
  signal: AbortSignal | undefined;
}

class FakeInstance implements BackendInstance {
  exports: readonly string[] = [];
  #start: Entry[] = [];
  #kept: Entry[] | undefined;
  #spares: Machine[] = [];
  #disposed = false;
  readonly #dispose = new AbortController();

  constructor(readonly options: InstanceOptions) {
    setMaxListeners(0, this.#dispose.signal);
  }

  async start(spares: number): Promise<this> {
    const { options } = this;
    if (options.snapshot !== undefined) {
      this.#start = (options.snapshot as FakeSnapshot).journal;
    } else if (!(await this.#startsFromFile())) {
      const load: Entry = { frame: concat(options.loadFrame).slice(), replies: [] };
      this.exports = readLoadResult(await this.#runEntry([], load, options as unknown as Run));
      this.#start = [load];
    }
    while (this.#spares.length < spares) this.#spares.push(await this.#machine(this.#start));
    return this;
  }

  async #startsFromFile(): Promise<boolean> {
    const journal = await this.options.shipped?.loadPrebuilt((snapshot, exports = []) => {
      this.exports = exports;
      return (snapshot as FakeSnapshot).journal;
    });
    this.#start = journal ?? [];
    return journal !== undefined;
  }

  async #machine(journal: readonly Entry[]): Promise<Machine> {
    const machine = await Machine.create(this.options.limits.memory);
    for (const entry of journal) {
      machine.dispatch(entry, Number.POSITIVE_INFINITY, () => {
        throw new Error('not in the journal');
      });
    }
    return machine;
  }

  async #runEntry(journal: readonly Entry[], entry: Entry, run: Run): Promise<Uint8Array> {
    const { wallTime, cpuTime } = run.limits;
    let parked = 0;
    for (;;) {
      const machine = await this.#machine(journal);
      this.#check(run);
      try {
        return machine.dispatch(entry, Math.min(wallTime, cpuTime), (request) => this.#serve(run, request));
      } catch (error) {
        if (!(error instanceof Parked)) throw error;
        const since = performance.now();
        entry.replies.push(concat(await this.#parked(error.reply, wallTime - parked, run)).slice());
        parked += performance.now() - since;
      } finally {
        machine.guest.dispose();
      }
    }
  }

  #serve(run: Run, request: Uint8Array): Uint8Array {
    if (request.length > run.limits.output)
      throw new ColonyError('ERR_LIMIT_OUTPUT', 'the hypercall request is too large');
    const reply = run.onHypercall(request);
    this.#check(run);
    if (reply instanceof Promise) throw new Parked(reply);
    return concat(reply).slice();
  }

  #check({ signal }: Run): void {
    if (this.#disposed) throw new ColonyError('ERR_DISPOSED', 'disposed');
    if (signal?.aborted) throw new ColonyError('ERR_ABORTED', 'aborted');
  }

  async #parked(reply: Promise<Uint8Array[]>, most: number, run: Run): Promise<Uint8Array[]> {
    let timer: NodeJS.Timeout | undefined;
    const stop = new Promise<never>((_, reject) => {
      const wait = Math.min(most, 2 ** 30);
      timer = setTimeout(() => reject(new ColonyError('ERR_LIMIT_WALL_TIME', 'the call took too long')), wait);
      run.signal?.addEventListener('abort', () => reject(new ColonyError('ERR_ABORTED', 'aborted')), { once: true });
      this.#dispose.signal.addEventListener('abort', () => reject(new ColonyError('ERR_DISPOSED', 'disposed')), {
        once: true,
      });
    });
    try {
      return await Promise.race([reply, stop]);
    } finally {
      clearTimeout(timer);
    }
  }

  async run(request: RunRequest): Promise<RunResult> {
    const entry: Entry = { frame: concat(request.input).slice(), replies: [] };
    const journal = request.state === 'keep' ? (this.#kept ?? this.#start) : this.#start;
    const result = this.#result(await this.#runEntry(journal, entry, request as unknown as Run), request);
    if (request.state === 'keep') this.#kept = [...journal, entry];
    return result;
  }

  runSync(request: RunRequest): RunResult {
    const machine = this.#spares.pop();
    if (machine === undefined) throw new Error('the fake has no more spare machines');
    const entry: Entry = { frame: concat(request.input).slice(), replies: [] };
    const most = Math.min(request.limits.wallTime, request.limits.cpuTime);
    for (const old of request.state === 'keep' ? (this.#kept ?? []).slice(this.#start.length) : []) {
      machine.dispatch(old, most, () => concat([]));
    }
    try {
      const output = machine.dispatch(entry, most, (bytes) => this.#serve(request as unknown as Run, bytes));
      if (request.state === 'keep') this.#kept = [...(this.#kept ?? this.#start), entry];
      return this.#result(output, request);
    } catch (error) {
      if (error instanceof Parked)
        throw new ColonyError('ERR_ASYNC_IN_SYNC', 'a host function gave a promise in callSync');
      throw error;
    } finally {
      machine.guest.dispose();
    }
  }

  #result(output: Uint8Array, { limits }: RunRequest): RunResult {
    if (output.length > limits.output) throw new ColonyError('ERR_LIMIT_OUTPUT', 'the result is too large');
    const text = String.fromCharCode(...output.subarray(0, 200));
    if (text.includes('InternalError') && text.includes('out of memory'))
      throw new ColonyError('ERR_LIMIT_MEMORY', 'out of memory');
    return { output, usage: { wallTime: 1, cpuTime: 1, memory: 1 << 20, dirtyPages: 4 } };
  }

  async snapshot(): Promise<BackendSnapshot> {
    return new FakeSnapshot(this.#kept ?? this.#start);
  }

  async reset(): Promise<void> {
    this.#kept = undefined;
  }

  async dispose(): Promise<void> {
    this.#disposed = true;
    this.#dispose.abort();
    for (const machine of this.#spares.splice(0)) machine.guest.dispose();
  }
}

class FakeSnapshot implements BackendSnapshot {
  readonly backend = 'fake';
  readonly size = 1 << 20;
  disposed = false;
  constructor(readonly journal: Entry[]) {}
  serialize(): Uint8Array {
    return concat(encode(['fake-abi-1', this.journal])).slice();
  }
  dispose(): void {
    this.disposed = true;
  }
}

export interface FakeOptions {
  name?: string;
  findings?: DoctorFinding[];
  capabilities?: Partial<BackendCapabilities>;
  spares?: number;
  /** The result of `Backend.engine`. */
  engine?: string;
}

/** Counts opened and disposed backends, for tests of the registry. */
export function fakeBackend(options: FakeOptions = {}): BackendModule & { opened: number; disposed: number } {
  const module = {
    name: options.name ?? 'fake',
    opened: 0,
    disposed: 0,
    doctor: async () => options.findings ?? [],
    open: async (): Promise<Backend> => {
      module.opened++;
      return {
        name: module.name,
        capabilities: { ...capabilities, ...options.capabilities },
        createInstance: (instanceOptions) => new FakeInstance(instanceOptions).start(options.spares ?? 0),
        deserializeSnapshot: async (bytes) => {
          const [abi, journal] = decode(bytes) as [string, Entry[]];
          if (abi !== 'fake-abi-1') throw new ColonyError('ERR_SNAPSHOT_FOREIGN', 'for another fake');
          return new FakeSnapshot(journal);
        },
        ...(options.engine === undefined ? {} : { engine: async () => options.engine! }),
        stats: () => ({}),
        dispose: async () => void module.disposed++,
      };
    },
  };
  return module;
}
