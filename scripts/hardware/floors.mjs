// Every C floor that enters a guest. Each stops with a reason if its guest exits in an unexpected way.
import { buildFloor, FloorProcess } from '../../packages/bench/dist/floor-process.js';
import { runChecks } from './checks.mjs';

const GUEST = /^c\.(entry|hypercall|hotset|reset|cold|teardown|boot|create|pooled)/;
const SAMPLES = 3;

const path = buildFloor();
const list = new FloorProcess(path);
const subjects = (await list.list()).filter((subject) => GUEST.test(subject));
await list.close();

/** @param {string} subject */
async function measure(subject) {
  const floor = new FloorProcess(path);
  try {
    await floor.sampler(subject)(SAMPLES);
  } finally {
    await floor.close();
  }
}

await runChecks(Object.fromEntries(subjects.map((subject) => [`floor ${subject}`, () => measure(subject)])));
