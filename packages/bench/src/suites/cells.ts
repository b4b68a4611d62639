/** The three backends as chart lines. */
import { BUILT_IN_BACKENDS, type BuiltInBackend, type Context, js } from '@colony/core';
import type { Boundary } from '../isolation/boundaries.js';
import { timed, timedAsync } from '../timing.js';
import type { Sampler } from '../types.js';

export const BACKENDS = BUILT_IN_BACKENDS;
export type BackendName = BuiltInBackend;
export type Language = 'c' | 'js';

/** Languages in a subject's one line. */
export const LANGUAGE_TEXT = { c: 'C', js: 'JavaScript', wasm: 'WebAssembly' } as const;

export const boundaryOf = (backend: BackendName, language: Language): Boundary => {
  if (backend === 'kvm') return 'virtual machine';
  if (backend === 'process') return 'jailed process';
  return language === 'js' ? 'engine in wasm' : 'wasm';
};

/** Describes a backend and language, for a subject's one line. */
export const nameOf = (backend: BackendName, language: Language): string =>
  ({
    'kvm.c': 'C in a virtine',
    'kvm.js': 'JavaScript in a virtine',
    'wasm.c': 'C as WebAssembly in V8',
    'wasm.js': 'JavaScript in QuickJS as WebAssembly in V8',
    'process.c': 'C in a fork of a jailed zygote',
    'process.js': 'JavaScript in a jailed Node process, one per call',
  })[`${backend}.${language}`];

/** A way to run a JavaScript program. */
export interface ScriptCell {
  readonly name: `${BackendName}.js` | 'kvm.v8';
  readonly backend: BackendName;
  readonly boundary: Boundary;
  /** Describes the cell, for a subject's one line. */
  readonly what: string;
  /** The line without isolation that it is compared to: the same engine if there is one. */
  readonly engine: 'ref.quickjs' | 'node';
}

const ownEngine = (backend: BackendName): ScriptCell => ({
  ...{ name: `${backend}.js`, backend, boundary: boundaryOf(backend, 'js'), what: nameOf(backend, 'js') },
  engine: backend === 'process' ? 'node' : 'ref.quickjs',
});

/** JavaScript on each backend, and in V8 in a virtine. */
export const SCRIPT_CELLS: readonly ScriptCell[] = [
  ...BACKENDS.map(ownEngine),
  {
    ...{ name: 'kvm.v8', backend: 'kvm', boundary: 'virtual machine', engine: 'node' },
    what: 'JavaScript in V8 in a virtine, warm when it was frozen',
  },
];

/**
 * Options of a cell's context. `warmUp`: statements at the end of a program for V8, until which its functions are
 * compiled.
 */
export function scriptOptions({ name, backend }: ScriptCell, source: string, warmUp: string) {
  const pool = {};
  return name === 'kvm.v8'
    ? ({ backend, pool, program: js(`${source}\n${warmUp}`), engine: 'v8' } as const)
    : { backend, pool, program: js(source) };
}

/** A fresh call, on this thread if the backend supports it. The arguments are made once, outside the timer. */
export function freshCall(context: Context, name: string, ...args: readonly unknown[]): Sampler {
  return context.capabilities.callSync
    ? timed(() => context.callSync(name, ...args))
    : timedAsync(() => context.call(name, ...args));
}
