/** The definition of a law: one sentence that must hold on every backend, and its check. */
import type { Backend, Capabilities, Context, ContextOptions, Program, ProgramKind } from '@colony/core';
import type { Arbitrary } from 'fast-check';

export const THEMES = [
  'capabilities',
  'results',
  'errors',
  'values',
  'hypercalls',
  'policy',
  'limits',
  'abort',
  'isolation',
  'snapshot',
  'dispose',
  'concurrency',
  'batch',
  'keep-state',
  'states',
  'lifecycle',
  'native',
] as const;

export type Theme = (typeof THEMES)[number];

export interface Law {
  /** The sentence. Broken backends refer to a law by it. */
  readonly name: string;
  readonly theme: Theme;
  /**
   * The kind of program for the check; a backend without it skips the law visibly. If it is absent, the law is about
   * the backend itself.
   */
  readonly program?: ProgramKind;
  /** Whether the backend (and the caller's programs) offer what the law needs; default always. */
  readonly needs?: (facts: Facts) => boolean;
  /** The reason of the skip if the needs are not met and `refusal` is absent. */
  readonly needsWhat?: string;
  run(tools: Tools): Promise<void>;
  /** Runs if the needs are not met: asserts that the backend refuses (ERR_UNSUPPORTED) and never half works. */
  readonly refusal?: (tools: Tools) => Promise<void>;
}

export interface Facts {
  /** The backend's capabilities for the law's kind of program. */
  readonly capabilities: Capabilities;
  /** Native probe programs that the caller gave. */
  readonly natives: Natives;
  /** Present if a Node of the guest's own runs the JavaScript programs, with its globals and modules. */
  readonly engine?: 'v8' | undefined;
}

/** Programs in machine code, as in `packages/guest/probes`. Laws about absent programs are skipped. */
export interface Natives {
  /** Arithmetic and echoes. */
  readonly basic?: Program;
  /** `leave_*` leaves a secret and `look_*` searches for one: in memory, stack, heap, registers. */
  readonly secrets?: Program;
  /** Writes pages, and accesses forbidden addresses. */
  readonly memory?: Program;
  /** Makes hypercalls with arguments that the test chooses. */
  readonly hypercalls?: Program;
}

export interface PropertyOptions {
  /** Runs of this property for each of the suite's `runs`; below 1 for slow ones. */
  readonly weight?: number;
}

export interface Tools extends Facts {
  readonly backend: Backend;
  /** The law's kind of program; 'js' for laws about the backend itself. */
  readonly kind: ProgramKind;
  /** The suite's program of that kind. */
  readonly program: Program;
  /**
   * Makes a context on the backend under test, disposed of when the law is over. Defaults: the suite's program, pure
   * policy. Time limits that the policy leaves out are generous, because a law that is not about time must hold on any
   * machine.
   */
  context(options?: Partial<ContextOptions>): Promise<Context>;
  /**
   * Checks that the predicate holds for generated values. A failure prints the seed and the smallest counterexample.
   */
  property<T>(
    arbitrary: Arbitrary<T>,
    predicate: (value: T) => Promise<void>,
    options?: PropertyOptions,
  ): Promise<void>;
  /** An empty directory, removed when the law is over. */
  directory(): Promise<string>;
  /** Registers work for the end of the law, last one first. */
  after(clean: () => unknown): void;
}
