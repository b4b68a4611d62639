// Reads one snapshot many times: first it releases each, in a loop that never waits; then it leaves them to the
// collector. Then it keeps all until the process may open no more files. Usage: few-descriptors.mjs TIMES < STATE.
// Prints JSON.
import { readFileSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import { fromNative, loadAddon } from '../../dist/native.js';

const state = readFileSync(0);
const hypervisor = new (loadAddon().Hypervisor)({ threads: 1, warm: 0, spares: 0 });
let released = 0;
let read = 0;
let error;
try {
  for (; released < Number(process.argv[2]); released++) hypervisor.release(hypervisor.deserialize(state));
  for (; read < Number(process.argv[2]); read++) {
    hypervisor.deserialize(state);
    await setImmediate();
  }
  for (const kept = []; ; ) kept.push(hypervisor.deserialize(state));
} catch (thrown) {
  const { code, message } = fromNative(thrown);
  error = { code, message };
}
console.log(JSON.stringify({ released, read, error }));
hypervisor.close();
