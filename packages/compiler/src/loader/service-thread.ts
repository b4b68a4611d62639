/** The thread that compiles: takes requests one by one, and wakes the thread that waits for the reply. */
import { workerData } from 'node:worker_threads';
import type { Reply, Request, ServiceData } from './service.js';

const { port, replies } = workerData as ServiceData;
const count = new Int32Array(replies);

/** Imported at the first request, so that a failure to load is a reply, and no thread waits for ever. */
async function answer({ task, ...source }: Request): Promise<Reply> {
  try {
    const { checkText, loadSource } = await import('./compile.js');
    if (task === 'load') return { loaded: await loadSource(source) };
    checkText(source.file, source.text);
    return { loaded: undefined };
  } catch (thrown) {
    const error = thrown instanceof Error ? thrown : new Error(String(thrown));
    const { code, details } = error as { code?: string; details?: object };
    const plain = details === undefined ? {} : { details: JSON.parse(JSON.stringify(details)) };
    const { name, message } = error;
    return { failed: { name, message, ...(code === undefined ? {} : { code }), ...plain } };
  }
}

port.on('message', async (request: Request) => {
  const reply = await answer(request);
  port.postMessage(reply);
  Atomics.add(count, 0, 1);
  Atomics.notify(count, 0);
});
