/** One run through the native hypervisor, as core's SPI has it. */
import { ColonyError, type RunLimits, type RunRequest, type RunResult, type RunUsage } from '@colony/core';
import { asyncInSync, limitFailure } from '@colony/core/backend-kit';
import {
  RUN_NUMBER_CPU_TIME,
  RUN_NUMBER_CPU_TIME_LIMIT,
  RUN_NUMBER_DIRTY_PAGES,
  RUN_NUMBER_MEMORY,
  RUN_NUMBER_MEMORY_LIMIT,
  RUN_NUMBER_OUTPUT_LIMIT,
  RUN_NUMBER_WALL_TIME,
  RUN_NUMBER_WALL_TIME_LIMIT,
  RUN_NUMBERS,
} from '@colony/guest/abi';
import {
  fromNative,
  type NativeHypervisor,
  type NativeInstance,
  type NativeNumbers,
  type NativeRun,
  type NativeSnapshot,
} from '../native.js';

export type Target = NativeSnapshot | NativeInstance;
type Request = Pick<RunRequest, 'input' | 'limits' | 'onHypercall' | 'signal'>;

export interface AsyncOutcome extends RunResult {
  /** The state after the run, if RUN_FREEZE asked for it. */
  readonly frozen: NativeSnapshot | undefined;
}

/** Reused by all runs of this thread: the addon reads it before it returns to JavaScript. */
const numbers: NativeNumbers = new Float64Array(RUN_NUMBERS);

/** Receives short results of synchronous runs. */
const scratch = new Uint8Array(512);

function withLimits({ memory, output, wallTime, cpuTime }: RunLimits, shared: number): NativeNumbers {
  numbers[RUN_NUMBER_MEMORY_LIMIT] = memory + shared;
  numbers[RUN_NUMBER_OUTPUT_LIMIT] = output;
  numbers[RUN_NUMBER_WALL_TIME_LIMIT] = wallTime;
  numbers[RUN_NUMBER_CPU_TIME_LIMIT] = cpuTime;
  return numbers;
}

function usageOf(shared: number, wallTime = 0, cpuTime = 0, memory = 0, dirtyPages = 0): RunUsage {
  return { wallTime, cpuTime, memory: Math.max(0, memory - shared), dirtyPages };
}

/** Puts the errors of limits in the caller's terms. */
function explain(error: unknown, limits: RunLimits, shared: number): unknown {
  const colony = fromNative(error);
  if (!ColonyError.is(colony)) return colony;
  const { code, message, details } = colony;
  if (code === 'ERR_ASYNC_IN_SYNC') return asyncInSync();
  // The hypervisor's number of bytes includes the engine's.
  const isWrong = code === 'ERR_LIMIT_MEMORY' && shared > 0;
  const note = message.startsWith('the run was') || isWrong ? '' : message;
  const limited = limitFailure(code, limits, note);
  if (limited === undefined) return colony;
  return new ColonyError(code, limited.message, { details: { ...details, ...limited.details } });
}

/** Ends a parked run at its deadline: wall time goes on while the guest is parked, and there is no vCPU to interrupt. */
class ParkedDeadline {
  readonly #ends: number;
  #timer: NodeJS.Timeout | undefined;

  constructor(wallTime: number) {
    this.#ends = performance.now() + wallTime;
  }

  arm(run: NativeRun): void {
    if (this.#ends === Number.POSITIVE_INFINITY) return;
    this.#timer = setTimeout(
      () => run.cancel('ERR_LIMIT_WALL_TIME'),
      Math.max(0, Math.min(this.#ends - performance.now(), 2 ** 31 - 1)),
    );
  }

  disarm(): void {
    clearTimeout(this.#timer);
  }
}

/**
 * Runs on a native thread; the event loop stays free. `started` receives the run's handle. `shared`: bytes of the guest that
 * are an engine's, which are neither limited nor reported.
 */
export function runAsync(
  hypervisor: NativeHypervisor,
  target: Target,
  request: Request,
  flags: number,
  started: (run: NativeRun) => void,
  shared = 0,
): Promise<AsyncOutcome> {
  return new Promise((resolve, reject) => {
    const { signal } = request;
    const deadline = new ParkedDeadline(request.limits.wallTime);
    const abort = () => run.cancel('ERR_ABORTED');
    const onCall = (bytes: Uint8Array) => {
      const reply = request.onHypercall(bytes);
      if (!(reply instanceof Promise)) return run.answer(reply);
      deadline.arm(run);
      reply.then((segments) => {
        deadline.disarm();
        run.answer(segments);
      });
    };
    const onDone: Parameters<NativeHypervisor['run']>[5] = (error, output, frozen, ...usage) => {
      deadline.disarm();
      signal?.removeEventListener('abort', abort);
      if (output !== undefined) resolve({ output, frozen, usage: usageOf(shared, ...usage) });
      else reject(explain(error, request.limits, shared));
    };
    let run: NativeRun;
    try {
      run = hypervisor.run(target, request.input, withLimits(request.limits, shared), flags, onCall, onDone);
    } catch (error) {
      return reject(fromNative(error));
    }
    if (signal?.aborted) abort();
    signal?.addEventListener('abort', abort, { once: true });
    started(run);
  });
}

/** Runs on this thread. `shared` as of `runAsync`. */
export function runSync(hypervisor: NativeHypervisor, target: Target, request: Request, shared = 0): RunResult {
  const onCall = (bytes: Uint8Array) => {
    const reply = request.onHypercall(bytes);
    // On this thread only a hypercall can end a run: by its budget, or by an abort in the host function.
    request.signal?.throwIfAborted();
    return reply;
  };
  try {
    const result = hypervisor.runSync(target, request.input, withLimits(request.limits, shared), 0, onCall, scratch);
    const output = typeof result === 'number' ? scratch.slice(0, result) : result;
    const wallTime = numbers[RUN_NUMBER_WALL_TIME];
    const cpuTime = numbers[RUN_NUMBER_CPU_TIME];
    const usage = usageOf(shared, wallTime, cpuTime, numbers[RUN_NUMBER_MEMORY], numbers[RUN_NUMBER_DIRTY_PAGES]);
    return { output, usage };
  } catch (error) {
    throw explain(error, request.limits, shared);
  }
}
