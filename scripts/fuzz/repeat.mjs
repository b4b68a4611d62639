// Repeats one input.
import { Coverage, isShipped } from './coverage.mjs';
import { loadReader } from './load.mjs';
import { Part } from './part.mjs';
import { PART } from './run.mjs';

/**
 * Generates an input as the run did, which takes as long as the run took up to that input.
 * @param {string} path
 * @param {number} seed
 * @param {number} execution
 */
export async function repeat(path, seed, execution) {
  const reader = await loadReader(path);
  if (typeof reader === 'string') throw new Error(reader);
  const within = execution % PART;
  /** @type {Uint8Array | undefined} */
  let repeated;
  const part = new Part(reader, {
    seed,
    part: Math.floor(execution / PART),
    executions: within + 1,
    coverage: new Coverage(isShipped),
    onInput: (input, number) => {
      if (number === within) repeated = input.slice();
    },
  });
  await part.run();
  await reader.end?.();
  if (repeated === undefined) throw new Error(`there were too many findings before execution ${execution}`);
  await readInput(path, repeated);
}

/** @param {string} path @param {Uint8Array} input */
export async function readInput(path, input) {
  const reader = await loadReader(path);
  if (typeof reader === 'string') throw new Error(reader);
  Error.stackTraceLimit = 50;
  console.log(reader.show?.(input) ?? `${input.length} bytes: ${Buffer.from(input).toString('base64')}`);
  try {
    console.log('gives', await reader.read(input));
  } catch (error) {
    const refused = reader.refusals.includes(/** @type {any} */ (error)?.code);
    console.log(refused ? 'is refused:' : 'FAULT:', error);
    process.exitCode = refused ? 0 : 1;
  } finally {
    await reader.end?.();
  }
}
