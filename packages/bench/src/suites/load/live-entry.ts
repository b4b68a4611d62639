/** Entry of a process that makes contexts, calls each of them while all live, and sends the results. */
import { type Context, createContext, js } from '@colony/core';
import { PATIENT } from '../contexts.js';

export interface LiveRequest {
  readonly count: number;
  /** Each context keeps its own state, which must survive until all others have made theirs. */
  readonly kept: boolean;
}

/** Times in nanoseconds. */
export interface Lived {
  readonly right: number;
  readonly all: number;
  readonly create: readonly number[];
  readonly call: readonly number[];
}

const since = (start: bigint) => Number(process.hrtime.bigint() - start);
const program = js`let mine = 0; export function add(n) { mine += n; return mine }`;

async function live({ count, kept }: LiveRequest): Promise<Lived> {
  const contexts: Context[] = [];
  const [create, call]: [number[], number[]] = [[], []];
  const add = (context: Context, n: number) => (kept ? context.with({ state: 'keep' }) : context).call('add', n);
  let right = 0;
  const all = process.hrtime.bigint();
  for (let i = 0; i < count; i++) {
    const start = process.hrtime.bigint();
    contexts.push(await createContext({ backend: 'kvm', program, limits: PATIENT }));
    create.push(since(start));
  }
  const answers: unknown[] = [];
  for (const [i, context] of contexts.entries()) {
    const start = process.hrtime.bigint();
    answers.push(await add(context, i));
    call.push(since(start));
  }
  if (kept) for (const [i, context] of contexts.entries()) answers[i] = await add(context, 1);
  for (let i = 0; i < count; i++) if (answers[i] === (kept ? i + 1 : i)) right++;
  return { right, all: since(all), create, call };
}

process.once('message', async (request: LiveRequest) => {
  const lived = await live(request);
  process.send?.(lived, () => process.exit(0));
});
