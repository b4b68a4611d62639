/**
 * A child process that serves one program: `node main.cjs RUNTIME`. It reads and writes descriptor 3 and does nothing else:
 * its event loop never turns.
 */
import { readFileSync } from 'node:fs';
import process from 'node:process';
import { TYPE } from '../channel/index.js';
import { keepEcmascriptOnly } from './ecmascript.js';
import { Pipe } from './pipe.js';
import { createRealm } from './realm.js';
import { processCpuTime, serveOne } from './serve.js';

process.env.TZ = 'UTC';
const pipe = new Pipe();
let call = 0;
const runtime = readFileSync(process.argv[2]!, 'utf8');
const serve = createRealm(
  runtime,
  (request) =>
    pipe.whole(() => {
      pipe.send(call, TYPE.hypercall, [request]);
      return pipe.receive().payload;
    }),
  true,
);
// If an object of this realm ever reaches the guest, the realm's global object offers nothing.
keepEcmascriptOnly();
pipe.send(0, TYPE.ready, []);
for (;;) {
  const frame = pipe.receive();
  call = frame.call;
  pipe.send(call, TYPE.result, serveOne(serve, frame.payload, processCpuTime));
}
