/** A Node that serves the calls of one program, inside a virtine: `node engine.cjs runtime.js`. */
import { readFileSync } from 'node:fs';
import process from 'node:process';
import { getHeapSpaceStatistics, setFlagsFromString } from 'node:v8';
import vm from 'node:vm';
import { answer, nextCall } from './channel.js';
import { embed } from './embed.js';

type Dispatch = (request: ArrayBuffer) => ArrayBuffer | Promise<ArrayBuffer>;

const runtime = process.argv[2] as string;
embed([__filename, runtime]);
vm.runInThisContext(readFileSync(runtime, 'utf8'), { filename: runtime });

const inner = globalThis as { __dispatch?: Dispatch };
const dispatch = inner.__dispatch as Dispatch;
delete inner.__dispatch;

/** Collects garbage, so that a state that is frozen next is small, and no fresh call soon has to collect. */
function collectGarbage(): void {
  setFlagsFromString('--expose-gc');
  (vm.runInNewContext('gc') as () => void)();
}

/** Bytes. A collection writes to pages of the whole heap, which each program then has of its own. */
const MOST_YOUNG = 2 ** 21;

function youngBytes(): number {
  const young = getHeapSpaceStatistics().find(({ space_name: name }) => name === 'new_space');
  return young?.space_used_size ?? 0;
}

let isEvaluated = false;

function finish(result: ArrayBuffer): void {
  answer(result);
  // The first request is the program's.
  if (!isEvaluated && youngBytes() > MOST_YOUNG) collectGarbage();
  isEvaluated = true;
}

function serve(): void {
  for (;;) {
    const result = dispatch(nextCall());
    if (result instanceof Promise) {
      void result.then((late) => {
        finish(late);
        setImmediate(serve);
      });
      return;
    }
    finish(result);
  }
}

collectGarbage();
serve();
