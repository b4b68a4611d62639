/** Colony's entries of the comparison: each backend with each kind of program, in each state of its context. */
import { type Context, component, createContext, js, type Program, wasm } from '@colony/core';
import type { Boundary } from '../../isolation/boundaries.js';
import { timed, timedApart, timedAsync } from '../../timing.js';
import type { Group, Sampler, Spec } from '../../types.js';
import { assemble } from '../backends/assemble.js';
import { BACKENDS, type BackendName, LANGUAGE_TEXT } from '../cells.js';
import { makeComponent } from '../components/program.js';
import { cProgram, PATIENT } from '../contexts.js';
import { OwnBackend } from './own.js';
import { FIB, groupOf, SOURCE, spec } from './peer.js';

type Kind = 'js' | 'v8' | 'c' | 'wasm' | 'component';

const KINDS: Readonly<Record<BackendName, readonly Kind[]>> = {
  kvm: ['js', 'v8', 'c', 'wasm'],
  wasm: ['js', 'c', 'wasm', 'component'],
  process: ['js', 'c', 'wasm'],
};
const KIND_WORDS: Readonly<Record<Kind, string>> = {
  ...LANGUAGE_TEXT,
  v8: 'JavaScript',
  component: 'component',
};
const isScript = (kind: Kind) => kind === 'js' || kind === 'v8';
const PLACES: Readonly<Record<BackendName, string>> = {
  ...{ kvm: 'in a virtine', wasm: 'on the wasm backend', process: 'in a jailed process' },
};

/**
 * JavaScript programs differ between states by a mark: contexts of one program share shells, and fib writes more pages
 * than an empty function. For kinds with no other function, one program serves all states.
 */
const script = (mark: string) => js(`${SOURCE.replaceAll(/^function/gm, 'export function')}\n// ${mark}`);
const PROGRAMS: Readonly<Record<Kind, (mark: string) => Promise<Program>>> = {
  js: async (mark) => script(mark),
  v8: async (mark) => script(`${mark}\nfor (let i = 0; i < 200; i++) fib(15);`),
  c: async () => cProgram('null.c'),
  wasm: async () => wasm(await assemble('(module (memory 1) (func (export "nothing")))')),
  component: async () => component(await makeComponent()),
};

const boundaryOf = (backend: BackendName, kind: Kind): Boundary => {
  if (backend === 'kvm') return 'virtual machine';
  if (backend === 'process') return 'jailed process';
  return kind === 'js' ? 'engine in wasm' : 'wasm';
};

/** The machine's minimum for similar work: cold, and in an existing context. */
const FLOORS: Readonly<Record<BackendName, { cold: string; fresh: string; kept: string }>> = {
  kvm: { cold: 'c.cold', fresh: 'c.hotset16', kept: 'c.entry' },
  wasm: { cold: 'c.call', fresh: 'c.call', kept: 'c.call' },
  process: { cold: 'c.posix_spawn', fresh: 'c.fork_wait', kept: 'c.syscall' },
};

/** The subject that peers are compared to. */
export const MAIN = 'kvm.js.pooled.callSync';
/** The same for Node in a virtine. */
export const V8 = 'kvm.v8.pooled.callSync';
const RIVALS = [
  'isolated_vm.cold',
  'quickjs_emscripten.module',
  'quickjs_emscripten.instance',
  'quickjs_emscripten.context',
  'worker_threads.cold',
  'c.fork_wait',
];
const OTHERS: Readonly<Record<string, readonly string[]>> = {
  [MAIN]: RIVALS,
  [V8]: ['c.entry', 'isolated_vm.cold'],
};

/** One shell for every context of a block, so that none waits for a shell that another one uses. */
const WARM: Readonly<Record<BackendName, { warm?: number }>> = { kvm: { warm: 64 }, wasm: {}, process: {} };

function specsOf(backend: BackendName, kind: Kind): Spec[] {
  const cell = `${backend}.${kind}`;
  const boundary = boundaryOf(backend, kind);
  const { cold, fresh, kept } = FLOORS[backend];
  const of = (state: string, floor: string, what: string) =>
    spec(`${cell}.${state}`, boundary, [floor, ...(OTHERS[`${cell}.${state}`] ?? [])], what);
  const place = kind === 'v8' ? 'in V8 in a virtine' : PLACES[backend];
  const program = `a ${KIND_WORDS[kind]} program`;
  const nothing = `a ${KIND_WORDS[kind]} function that does nothing, ${place}`;
  const drained = backend === 'process' && kind === 'js';
  return [
    of('cold', cold, `createContext of ${program} already loaded, null call, dispose, ${place}, no pool`),
    of('snapshot', fresh, `createContext of ${program} from a snapshot, null call, dispose, ${place}, with a pool`),
    of('pooled.callSync', fresh, `callSync of ${nothing}, fresh`),
    of('pooled.call', fresh, `call (asynchronous) of ${nothing}, fresh`),
    ...(drained ? [of('drained.call', fresh, `call (asynchronous) of ${nothing}, faster than children start`)] : []),
    of('kept.callSync', kept, `callSync of ${nothing}, kept state`),
    of('kept.call', kept, `call (asynchronous) of ${nothing}, kept state`),
    ...(isScript(kind)
      ? [
          spec(
            `${cell}.fib${FIB}`,
            boundary,
            [`node.fib${FIB}`, `isolated_vm.fib${FIB}`],
            `fib(${FIB}) in JavaScript, ${place}, fresh`,
          ),
        ]
      : []),
  ];
}

/** The call that a user would choose: synchronous if the backend supports it. */
const nothing = (context: Context) =>
  context.capabilities.callSync ? context.callSync('nothing') : context.call('nothing');

class Cell {
  readonly #name: string;
  readonly #kind: Kind;
  readonly #cold: OwnBackend;
  readonly #pooled: OwnBackend;

  constructor(name: string, kind: Kind, cold: OwnBackend, pooled: OwnBackend) {
    this.#name = name;
    this.#kind = kind;
    this.#cold = cold;
    this.#pooled = pooled;
  }

  async #context(state: string, backend = this.#pooled): Promise<Context> {
    const program = await PROGRAMS[this.#kind](state);
    const options = { backend: backend.module, program, limits: PATIENT };
    return await createContext(this.#kind === 'v8' ? { ...options, engine: 'v8' } : options);
  }

  #refuse(what: string): never {
    throw new Error(`${this.#name} has no ${what}: its capabilities report that`);
  }

  /** Another context of the program exists all the time, because evaluating it is not part of a context's own cost. */
  async #fromNothing(): Promise<Sampler> {
    const { program } = await this.#context('cold', this.#cold);
    const whole = async () => {
      const context = await createContext({ backend: this.#cold.module, program, limits: PATIENT });
      try {
        await nothing(context);
      } finally {
        await context.dispose();
      }
    };
    await whole();
    return timedApart(whole, () => this.#cold.emptied());
  }

  async #snapshot(): Promise<Sampler> {
    const first = await this.#context('snapshot');
    if (!first.capabilities.snapshot) this.#refuse('snapshots');
    const snapshot = await first.snapshot();
    return timedAsync(async () => {
      const context = await createContext({ backend: this.#pooled.module, snapshot, limits: PATIENT });
      try {
        await nothing(context);
      } finally {
        await context.dispose();
      }
    });
  }

  /** The object to call for a state. */
  #caller(context: Context, state: 'pooled' | 'drained' | 'kept'): Pick<Context, 'call' | 'callSync'> {
    if (state !== 'kept') return context;
    if (!context.capabilities.keepState) this.#refuse('kept state');
    return context.with({ state: 'keep' });
  }

  async #sync(state: 'pooled' | 'kept'): Promise<Sampler> {
    const context = await this.#context(`${state}_sync`);
    if (!context.capabilities.callSync) this.#refuse('callSync');
    const caller = this.#caller(context, state);
    return timed(() => caller.callSync('nothing'));
  }

  async #async(state: 'pooled' | 'drained' | 'kept'): Promise<Sampler> {
    const caller = this.#caller(await this.#context(state), state);
    const call = () => caller.call('nothing');
    return state === 'pooled' ? timedApart(call, () => this.#pooled.refilled()) : timedAsync(call);
  }

  async #fib(): Promise<Sampler> {
    const context = await this.#context('fib');
    return context.capabilities.callSync
      ? timed(() => context.callSync('fib', FIB))
      : timedApart(
          () => context.call('fib', FIB),
          () => this.#pooled.refilled(),
        );
  }

  makers(): Record<string, () => Promise<Sampler>> {
    const states = {
      cold: () => this.#fromNothing(),
      snapshot: () => this.#snapshot(),
      'pooled.callSync': () => this.#sync('pooled'),
      'pooled.call': () => this.#async('pooled'),
      'drained.call': () => this.#async('drained'),
      'kept.callSync': () => this.#sync('kept'),
      'kept.call': () => this.#async('kept'),
      [`fib${FIB}`]: () => this.#fib(),
    };
    return Object.fromEntries(Object.entries(states).map(([state, make]) => [`${this.#name}.${state}`, make]));
  }
}

const groupOfBackend = (backend: BackendName): Group => {
  const specs = KINDS[backend].flatMap((kind) => specsOf(backend, kind));
  return groupOf(`Colony on ${backend}`, specs, async () => {
    const cold = await OwnBackend.open(backend, { warm: 0 });
    const pooled = await OwnBackend.open(backend, WARM[backend]);
    const cells = KINDS[backend].flatMap((kind) =>
      Object.entries(new Cell(`${backend}.${kind}`, kind, cold, pooled).makers()),
    );
    return {
      makers: Object.fromEntries(cells.filter(([subject]) => specs.some((spec) => spec.subject === subject))),
      end: async () => {
        await Promise.all([cold.dispose(), pooled.dispose()]);
      },
    };
  });
};

export const colony: readonly Group[] = BACKENDS.map(groupOfBackend);
