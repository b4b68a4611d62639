/**
 * jco's transpiler, where it is installed. Only a component that nobody has transpiled yet needs it. It runs on bytes
 * that may be hostile, so in a worker of its own, for a bounded time and with bounded memory.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';
import { ColonyError } from '@colony/core';

/** Its glue is the fastest by far (see packages/docs/internals/benchmarks.md), and what `glue.ts` knows how to check. */
export const JCO_VERSION = '1.9.1';

const MOST_MILLISECONDS = 120_000;
const MOST_HEAP_MIB = 2048;
const LONGEST_MESSAGE = 2000;

/** No environment, nothing imported, memory and modules handed over by whoever instantiates. */
const OPTIONS = {
  name: 'component',
  instantiation: { tag: 'sync' },
  noNodejsCompat: true,
  noTypescript: true,
  noNamespacedExports: true,
  base64Cutoff: 0,
};

const WORK = `
const { parentPort, workerData } = require('node:worker_threads');
const failed = (error) => parentPort.postMessage({ error: String(error?.payload ?? error?.message ?? error) });
import(workerData.jco)
  .then(({ generate }) => generate(workerData.component, workerData.options))
  .then(({ files }) => parentPort.postMessage({ files }), failed);
`;

/** Files by name: one of glue, and the core modules that it asks for. */
export type TranspiledFiles = readonly (readonly [name: string, content: Uint8Array])[];

type Answer = { readonly files: TranspiledFiles } | { readonly error: string };

/** @throws ColonyError ERR_BACKEND_UNAVAILABLE where jco is missing or another version; ERR_COMPILE */
export async function runJco(component: Uint8Array, filename: string): Promise<TranspiledFiles> {
  const workerData = { jco: pathToFileURL(findJco()).href, component, options: OPTIONS };
  const answer = await answerOf(workerData);
  if ('files' in answer) return answer.files;
  const message = answer.error.slice(0, LONGEST_MESSAGE);
  throw new ColonyError('ERR_COMPILE', `${filename}: jco cannot transpile the component: ${message}`);
}

function findJco(): string {
  const install = `npm install --save-dev @bytecodealliance/jco@${JCO_VERSION}`;
  let path: string;
  try {
    path = createRequire(import.meta.url).resolve('@bytecodealliance/jco/component');
  } catch (cause) {
    const message =
      `a component has to be transpiled before it runs, and @bytecodealliance/jco is not installed: ${install}; ` +
      'or have it transpiled where jco is (npx --no-install colony build FILE.wasm -o FOLDER) and give backendOptions.prebuilt';
    throw new ColonyError('ERR_BACKEND_UNAVAILABLE', message, { cause });
  }
  const { version } = JSON.parse(readFileSync(join(dirname(path), '..', 'package.json'), 'utf8')) as {
    version: string;
  };
  if (version === JCO_VERSION) return path;
  throw new ColonyError(
    'ERR_BACKEND_UNAVAILABLE',
    `components need jco ${JCO_VERSION}, and ${version} is there: ${install}`,
  );
}

function answerOf(workerData: object): Promise<Answer> {
  return new Promise((resolve) => {
    // What the transpiler prints when it panics is in the error, too.
    const worker = new Worker(WORK, {
      eval: true,
      workerData,
      env: {},
      execArgv: [],
      stdout: true,
      stderr: true,
      resourceLimits: { maxOldGenerationSizeMb: MOST_HEAP_MIB },
    });
    const timer = setTimeout(
      () => done({ error: `it takes more than ${MOST_MILLISECONDS / 1000} s` }),
      MOST_MILLISECONDS,
    );
    const done = (answer: Answer) => {
      clearTimeout(timer);
      resolve(answer);
      void worker.terminate();
    };
    worker.once('message', done);
    worker.once('error', (error) => done({ error: error.message }));
    worker.once('exit', () => done({ error: 'the transpiler ended without an answer' }));
  });
}
