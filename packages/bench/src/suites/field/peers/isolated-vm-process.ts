/** Entry of the process in which isolated-vm is measured and probed. Takes one request at a time. */
import type Package from 'isolated-vm';
import { loadPackage } from '../../../optional.js';
import { timed } from '../../../timing.js';
import type { Sampler } from '../../../types.js';
import { FIB, SHORT, SOURCE } from '../peer.js';

export type IsolateRequest =
  | { readonly subject: string; readonly count: number }
  | { readonly evaluate: string; readonly timeout: number };

export interface IsolateAnswer {
  readonly samples?: number[];
  readonly value?: unknown;
  readonly error?: string;
}

const BUILD = 'run `node scripts/setup.mjs --peers`, which builds it';

async function isolatedVm(): Promise<typeof Package> {
  try {
    return (await loadPackage<{ default: typeof Package }>('isolated-vm')).default;
  } catch (error) {
    const { message } = error as Error;
    throw new Error(/cannot be loaded/.test(message) ? `isolated-vm is not built for this Node: ${BUILD}` : message);
  }
}

function inContext(isolate: Package.Isolate): void {
  const context = isolate.createContextSync();
  context.evalSync(SOURCE);
  context.evalSync('nothing()');
  context.release();
}

function calling(ivm: typeof Package, name: string, ...args: number[]): Sampler {
  const context = new ivm.Isolate().createContextSync();
  context.evalSync(SOURCE);
  const called = context.evalSync(name, { reference: true }) as Package.Reference<(...args: number[]) => unknown>;
  return timed(() => called.applySync(undefined, args), args.length === 0 ? SHORT : 1);
}

function makers(ivm: typeof Package): Record<string, () => Sampler> {
  return {
    cold: () =>
      timed(() => {
        const isolate = new ivm.Isolate();
        inContext(isolate);
        isolate.dispose();
      }),
    context: () => {
      const isolate = new ivm.Isolate();
      return timed(() => inContext(isolate));
    },
    warm: () => calling(ivm, 'nothing'),
    [`fib${FIB}`]: () => calling(ivm, 'fib', FIB),
  };
}

const samplers = new Map<string, Sampler>();

async function sample(subject: string, count: number): Promise<IsolateAnswer> {
  let sampler = samplers.get(subject);
  if (sampler === undefined) {
    sampler = makers(await isolatedVm())[subject]?.();
    if (sampler === undefined) throw new Error(`isolated-vm has no subject ${subject}`);
    samplers.set(subject, sampler);
  }
  return { samples: await sampler(count) };
}

/** For evaluations; replaced after an isolate was disposed of because its memory ran out. */
let guest: { isolate: Package.Isolate; context: Package.Context } | undefined;

async function evaluate(source: string, timeout: number): Promise<IsolateAnswer> {
  if (guest === undefined || guest.isolate.isDisposed) {
    const ivm = await isolatedVm();
    const isolate = new ivm.Isolate({ memoryLimit: 64 });
    guest = { isolate, context: isolate.createContextSync() };
  }
  return { value: await guest.context.eval(source, { timeout, copy: true, promise: true }) };
}

process.on('message', async (request: IsolateRequest) => {
  const answer = await ('subject' in request
    ? sample(request.subject, request.count)
    : evaluate(request.evaluate, request.timeout)
  ).catch((error: Error): IsolateAnswer => ({ error: error.message }));
  process.send?.(answer);
});
process.on('disconnect', () => process.exit(0));
