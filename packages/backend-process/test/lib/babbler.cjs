// Replaces the guest's process, and behaves badly: `node babbler.cjs ignored HOW`. After READY it waits for a request.
'use strict';
const { readSync, writeSync, closeSync } = require('node:fs');

const how = process.argv[3];
const frame = (call, type, payload = Buffer.alloc(0), length = payload.length) => {
  const header = Buffer.alloc(9);
  header.writeUInt32LE(length, 0);
  header.writeUInt32LE(call, 4);
  header.writeUInt8(type, 8);
  return Buffer.concat([header, payload]);
};
const send = (bytes) => {
  for (let at = 0; at < bytes.length; ) at += writeSync(3, bytes, at);
};
const forever = () => {
  for (;;);
};

if (how === 'die-first') {
  console.error('no luck today');
  process.exit(3);
}
send(frame(0, 16));
if (how === 'unasked') send(frame(1, 17, Buffer.alloc(17)));
const request = Buffer.alloc(65536);
readSync(3, request, 0, request.length, null);
const misdeeds = {
  garbage: () => send(Buffer.alloc(4096, 0xa5)),
  'other-call': () => send(frame(2, 17, Buffer.alloc(20))),
  'other-type': () => send(frame(1, 99)),
  'too-long': () => send(frame(1, 17, Buffer.alloc(0), 2 ** 31)),
  short: () => send(frame(1, 17, Buffer.alloc(3))),
  'bad-report': () => send(frame(1, 17, Buffer.alloc(17, 0xff))),
  'many-hypercalls': () =>
    send(Buffer.concat(Array.from({ length: 100 }, () => frame(1, 18, Buffer.from([0x82, 0, 0]))))),
  flood: () => {
    for (;;) send(Buffer.alloc(65536, 1));
  },
  chatter: () => {
    for (;;) process.stderr.write('blah '.repeat(10000));
  },
  close: () => closeSync(3),
  exit: () => process.exit(5),
  abort: () => process.abort(),
  serve: () => send(frame(1, 17, Buffer.alloc(20))),
  unasked: () => {},
};
misdeeds[how]();
forever();
