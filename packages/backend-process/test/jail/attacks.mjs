// Runs the probe's attacks in jails. As a program: `node attacks.mjs PROBE` prints the results as JSON, so that another
// user can run it.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { launch } from '../../dist/jail/index.js';

const source = readFileSync(new URL('./probe.c', import.meta.url), 'utf8');

/** Attacks that do not answer by themselves. */
const ENDLESS = ['burn', 'babble'];

export const attackNames = [...source.matchAll(/ATTACK\((\w+)\)/g)]
  .map((match) => match[1] ?? '')
  .filter((name) => name !== 'name' && !ENDLESS.includes(name));

/** @param {string} probe @param {object} [more] */
export const jailFor = (probe, more = {}) =>
  /** @type {import('../../dist/jail/index.js').JailSpec} */ ({
    program: '/probe',
    args: [],
    files: { '/probe': probe },
    filter: 'node',
    limits: { memory: 64 << 20, processes: 20, descriptors: 64 },
    ...more,
  });

/**
 * A jailed probe that is asked one attack after the other. @param {import('../../dist/jail/index.js').JailSpec} spec
 */
export async function startProbe(spec) {
  const jailed = await launch(spec);
  /** @type {((text: string) => void) | undefined} */
  let hear;
  jailed.channel.on('error', () => {});
  jailed.channel.on('data', (bytes) => hear?.(String(bytes).trim()));
  /** Its answer, or the signal that ended it. @param {string} name @returns {Promise<string>} */
  const ask = (name) => {
    const answer = new Promise((resolve) => {
      hear = resolve;
    });
    jailed.channel.write(`${name}\n`);
    const death = jailed.exited.then(({ code, signal }) => signal ?? `exit ${code}`);
    return /** @type {Promise<string>} */ (Promise.race([answer, death]));
  };
  return { jailed, ask };
}

/** Each attack and its result; a probe that dies is replaced. @param {string} probe */
export async function runAttacks(probe) {
  /** @type {Record<string, string>} */
  const results = {};
  let running;
  let applied;
  for (const name of attackNames) {
    running ??= await startProbe(jailFor(probe));
    applied ??= running.jailed.applied;
    const result = await running.ask(name);
    results[name] = result;
    if (/^(SIG|exit)/.test(result)) running = undefined;
  }
  running?.jailed.kill();
  await running?.jailed.exited;
  return { results, applied: applied ?? [] };
}

if (process.argv[1] === fileURLToPath(import.meta.url))
  console.log(JSON.stringify(await runAttacks(process.argv[2] ?? '')));
