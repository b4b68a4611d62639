/** One virtine: creates its context at the first call, and calls into it. */
import { ColonyError, type Context, type ContextOptions, createContext, js, narrow, type Policy } from '@colony/core';
import { PROFILE_VARIABLE } from '../profile/profile.js';
import { defaults, open } from './defaults.js';
import { warnOfLosses } from './losses.js';
import { checkBuilt, configuredPolicy } from './policy.js';
import { shippedOf } from './shipped.js';
import { translate } from './translate.js';
import type { AnyFunction, Virtine, VirtineDescriptor, VirtineOptions } from './types.js';

/** Set under `colony profile`. */
let watch: typeof import('./record.js').watchCall | undefined;

const ENTRY = 'call';
type Args = readonly unknown[];

/** Used by compiled code. Users call the result of `virtine`, or their own function. */
export class Isolated {
  #context: Promise<Context> | undefined;
  #ready: Context | undefined;

  constructor(
    private readonly descriptor: VirtineDescriptor,
    private readonly options: VirtineOptions = {},
  ) {}

  async run(args: Args, captured: Args): Promise<unknown> {
    const context = this.#ready ?? (await this.ready());
    const watched = watch?.(this.descriptor, context);
    try {
      return await context.call(ENTRY, ...this.#pack(args, captured));
    } catch (error) {
      throw translate(error, this.descriptor);
    } finally {
      watched?.();
    }
  }

  runSync(args: Args, captured: Args): unknown {
    const context = this.#ready;
    if (context === undefined) {
      const { name } = this.descriptor;
      throw new ColonyError(
        'ERR_UNSUPPORTED',
        `${name}.sync: there is no context yet; \`await ${name}.ready()\` first`,
      );
    }
    const watched = watch?.(this.descriptor, context);
    try {
      return context.callSync(ENTRY, ...this.#pack(args, captured));
    } catch (error) {
      throw translate(error, this.descriptor);
    } finally {
      watched?.();
    }
  }

  async runBatch(rows: readonly Args[], captured: Args): Promise<unknown[]> {
    const context = this.#ready ?? (await this.ready());
    const watched = watch?.(this.descriptor, context);
    try {
      return await context.callBatch(
        ENTRY,
        rows.map((row) => this.#pack(row, captured)),
      );
    } catch (error) {
      throw translate(error, this.descriptor);
    } finally {
      watched?.();
    }
  }

  #pack(args: Args, captured: Args): unknown[] {
    if (captured.length > 0) warnOfLosses(this.descriptor, captured);
    return this.descriptor.wrapped ? [args, captured] : [...args];
  }

  async ready(): Promise<Context> {
    this.#context ??= this.#create();
    const context = this.#context;
    try {
      return await context;
    } catch (error) {
      // The next call tries again.
      if (this.#context === context) this.#context = undefined;
      throw error;
    }
  }

  async #create(): Promise<Context> {
    const { source, filename } = this.descriptor;
    // These are built in: their values now are only compared.
    const { accept, policy: written, limits, ...own } = this.options;
    const { policy: _policy, limits: _limits, ...common } = defaults();
    const hypercalls = { ...common.hypercalls, ...own.hypercalls };
    const program = js(source, { filename });
    open.add(this);
    try {
      if (process.env[PROFILE_VARIABLE] !== undefined) watch = (await import('./record.js')).watchCall;
      checkBuilt(this.descriptor, { accept, policy: written, limits } as VirtineOptions);
      const policy = this.#policy(own.backend ?? common.backend);
      const shipped = shippedOf(this.descriptor);
      const options = { backend: 'auto', ...common, ...own, policy, hypercalls, program, shipped } as ContextOptions;
      this.#ready = await createContext(options);
      return this.#ready;
    } catch (error) {
      open.delete(this);
      throw translate(error, this.descriptor);
    }
  }

  /**
   * The configured policy with the limits of the profile. Its memory limit applies only on the backend of the
   * recording.
   */
  #policy(backend: ContextOptions['backend']): Policy {
    const { policy, profiled } = this.descriptor;
    const configured = configuredPolicy(this.descriptor, policy);
    // A recording must not be cut short by an older one.
    if (profiled === undefined || watch !== undefined) return configured;
    const { memory, ...limits } = profiled.limits;
    const comparable = backend === profiled.backend && memory !== undefined ? { memory } : {};
    return narrow(configured, { inherit: true, limits: { ...limits, ...comparable } });
  }

  async dispose(): Promise<void> {
    const context = this.#context;
    this.#context = undefined;
    this.#ready = undefined;
    open.delete(this);
    await (await context)?.dispose();
  }
}

/** Compiled code has this call in place of `virtine(fn, options)`. */
export function wrapIsolated<F extends AnyFunction>(
  isolated: Isolated,
  captured: () => readonly unknown[] = () => [],
): Virtine<F> {
  const call = (...args: Parameters<F>) => isolated.run(args, captured());
  return Object.assign(call, {
    sync: (...args: Parameters<F>) => isolated.runSync(args, captured()),
    batch: (rows: readonly Parameters<F>[]) => isolated.runBatch(rows, captured()),
    ready: () => isolated.ready(),
    dispose: () => isolated.dispose(),
  }) as unknown as Virtine<F>;
}
