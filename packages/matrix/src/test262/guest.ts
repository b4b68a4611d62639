/** The program that evaluates tests: an ordinary Colony program whose every call starts from the same state. */
import { js, type Program } from '@colony/core';
import { ALWAYS, type Harness } from './harness.js';
import type { Variant } from './variants.js';

/**
 * Returns '' if a test ran to its end, otherwise the thrown error: `TypeError: ...`. It reads the built-ins that it
 * needs before any test can change them.
 */
const MAIN = `
const { Object, Promise, String } = globalThis;
const evaluate = globalThis.eval;

globalThis.print = () => {};
globalThis.$262 = {
  global: globalThis,
  detachArrayBuffer(buffer) { buffer.transfer(); },
};
evaluate(ALWAYS);

function told(error) {
  try {
    if (error === null || (typeof error !== 'object' && typeof error !== 'function')) return 'thrown: ' + String(error);
    return String(error.constructor?.name) + ': ' + String(error.message);
  } catch {
    return 'thrown: something that cannot be told';
  }
}

/** With a constructor of its own: to wait for it must not ask one that a test counts questions to. */
function donePromise() {
  const done = new Promise((resolve) => {
    globalThis.$DONE = (error) => resolve(error ? told(error) : '');
  });
  return Object.defineProperty(done, 'constructor', { value: Promise });
}

export function script(helpers, source, isAsync) {
  const done = isAsync ? donePromise() : '';
  try {
    evaluate(helpers);
    evaluate(source);
  } catch (error) {
    return told(error);
  }
  return done;
}

export async function module(helpers, name, isAsync) {
  const done = isAsync ? donePromise() : '';
  try {
    evaluate(helpers);
    await import(name);
  } catch (error) {
    return told(error);
  }
  return done;
}
`;

/** @param modules by name relative to the program */
export function programFor(harness: Harness, modules: Variant['modules'] = {}): Program<GuestExports> {
  const always = ALWAYS.map((name) => harness.file(name)).join('\n');
  return js(`const ALWAYS = ${JSON.stringify(always)};\n${MAIN}`, { filename: 'test262-runner.js', modules });
}

export type GuestExports = {
  script(helpers: string, source: string, isAsync: boolean): string;
  module(helpers: string, name: string, isAsync: boolean): string;
};
