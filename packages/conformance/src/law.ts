/** What a law is: one sentence that must hold on every backend, and how to find out. */
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
  /** The sentence. Broken backends name the law that must catch them by it. */
  readonly name: string;
  readonly theme: Theme;
  /**
   * The kind of program that it is checked with; a backend that runs none of it skips the law, visibly. Without one, the law
   * is about the backend itself.
   */
  readonly program?: ProgramKind;
  /** What the backend (and the caller's programs) must offer; without it, everything has it. */
  readonly needs?: (facts: Facts) => boolean;
  /** Said where the needs are not met and there is no refusal to assert. */
  readonly needsWhat?: string;
  run(tools: Tools): Promise<void>;
  /** Where the needs are not met: asserts that the backend refuses (ERR_UNSUPPORTED), never half works. */
  readonly refusal?: (tools: Tools) => Promise<void>;
}

export interface Facts {
  /** Of the backend for the law's kind of program. */
  readonly capabilities: Capabilities;
  /** Native probe programs that the backend's author gave. */
  readonly natives: Natives;
}

/**
 * Programs in machine code, as `packages/guest/probes` has them; laws about what is not given are skipped.
 */
export interface Natives {
  /** Arithmetic and echoes. */
  readonly basic?: Program;
  /** `leave_*` a secret and `look_*` for one: memory, stack, heap, registers. */
  readonly secrets?: Program;
  /** Dirty pages, and touching what is not allowed. */
  readonly memory?: Program;
  /** Hypercalls with arguments of the test's choice. */
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
   * A context on the backend under test, disposed when the law is over. By default: the suite's program, pure policy.
   * Times that the policy does not limit are patient ones: a law that is not about time must hold on any machine.
   */
  context(options?: Partial<ContextOptions>): Promise<Context>;
  /** Checks that the predicate holds for generated values. A failure prints the seed and the smallest counterexample. */
  property<T>(
    arbitrary: Arbitrary<T>,
    predicate: (value: T) => Promise<void>,
    options?: PropertyOptions,
  ): Promise<void>;
  /** An empty directory, removed when the law is over. */
  directory(): Promise<string>;
  /** Runs when the law is over, the last one first. */
  after(clean: () => unknown): void;
}
