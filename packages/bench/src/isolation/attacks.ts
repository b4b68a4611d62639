/**
 * A few attacks that can be tried on anything that evaluates JavaScript. Each runs in its own process: see
 * isolation-job.ts.
 */
import type { Probed } from './probed.js';
import type { ProbeResult } from './results.js';

/** Secrets that the attacks search for; the attacked process holds both. */
export interface Secrets {
  readonly environment: string;
  readonly file: string;
  readonly content: string;
}

export interface Attack {
  readonly id: string;
  /** Text for a peer that withstands the attack. */
  readonly holds: string;
  run(probed: Probed, secrets: Secrets): Promise<ProbeResult>;
}

/** Name of the environment variable that holds a secret. */
export const VARIABLE = 'COLONY_BENCH_SECRET';
const MIB = 256;

const withstood = (answer: string): ProbeResult => ({ outcome: 'withstood', answer });
const gaveWay = (answer: string): ProbeResult => ({ outcome: 'gave way', answer });
const notTried = (answer: string): ProbeResult => ({ outcome: 'not tried', answer });
const said = (error: unknown) => (error instanceof Error ? error.message : String(error)).split('\n')[0]!.slice(0, 120);

/** A deadline that passed before the attack did its work proves nothing. */
const TOO_LATE = /time|deadline|\bms\b|kill|abort|interrupt/i;

function refusal(error: unknown): ProbeResult {
  const text = said(error);
  return TOO_LATE.test(text) ? notTried(`its deadline came first: ${text}`) : withstood(`refused: ${text}`);
}

/** Tries every known way from a realm, a worker or a child to the process around it; null if none works. */
const reaching = (body: string) => `(() => {
  const hosts = [
    () => process,
    () => globalThis.constructor.constructor('return process')(),
    () => this.constructor.constructor('return process')(),
    () => Deno,
  ];
  for (const find of hosts) {
    try {
      const host = find();
      const found = ((host) => { ${body} })(host);
      if (found) return String(found);
    } catch {}
  }
  return null;
})()`;

async function attemptToRead(probed: Probed, source: string, secret: string, what: string): Promise<ProbeResult> {
  try {
    const answer = await probed.evaluate(source);
    return answer === secret ? gaveWay(`it read ${what}`) : withstood('no known way led there');
  } catch (error) {
    return refusal(error);
  }
}

export const ATTACKS: readonly Attack[] = [
  {
    id: 'loop',
    holds: 'a loop is stopped',
    async run(probed) {
      const started = performance.now();
      try {
        await probed.evaluate('(() => { for (;;); })()');
        return gaveWay('it ended by itself');
      } catch {
        return withstood(`stopped after ${Math.round(performance.now() - started)} ms`);
      }
    },
  },
  {
    id: 'memory',
    holds: `${MIB} MiB are refused`,
    async run(probed) {
      // The array is allocated but not written. A peer that counts memory counts the request; other peers need no time
      // for it.
      const source = `(() => {
        const all = [];
        for (let i = 0; i < ${MIB / 4}; i++) all.push(new Uint8Array(4 * 2 ** 20));
        return all.length;
      })()`;
      try {
        await probed.evaluate(source);
        return gaveWay(`it got ${MIB} MiB`);
      } catch (error) {
        return refusal(error);
      }
    },
  },
  {
    id: 'state',
    holds: 'nothing is left behind',
    async run(probed) {
      await probed.evaluate('(globalThis.left = 42)');
      return (await probed.evaluate('globalThis.left ?? null')) === 42
        ? gaveWay('the next call of the same instance saw it')
        : withstood('the next call saw nothing of it');
    },
  },
  {
    id: 'environment',
    holds: 'environment is hidden',
    run: (probed, { environment }) =>
      attemptToRead(
        probed,
        reaching(`return host.env.get ? host.env.get('${VARIABLE}') : host.env['${VARIABLE}']`),
        environment,
        'an environment variable of the caller',
      ),
  },
  {
    id: 'files',
    holds: 'files are hidden',
    run: (probed, { file, content }) =>
      attemptToRead(
        probed,
        reaching(`if (host.readTextFileSync) return host.readTextFileSync(${JSON.stringify(file)});
          const load = host.getBuiltinModule ?? host.mainModule?.require ?? ((name) => require(name));
          return load.call(host, 'fs').readFileSync(${JSON.stringify(file)}, 'utf8')`),
        content,
        'a file of the user',
      ),
  },
  {
    id: 'prototypes',
    holds: "caller's objects are safe",
    async run(probed) {
      const source = `(() => {
        for (const by of [globalThis, this]) {
          try { by.constructor.constructor('Object.prototype.colonyBench = 1')(); } catch {}
        }
        return 1;
      })()`;
      await probed.evaluate(source).catch(() => {});
      return 'colonyBench' in {} ? gaveWay("it changed the caller's Object.prototype") : withstood('unchanged');
    },
  },
];

/**
 * @param ready called when the peer is set up and answers, before the attack
 * @throws Error if the attack does not exist, or the peer fails a simple addition
 */
export async function attack(
  id: string,
  open: () => Promise<Probed>,
  secrets: Secrets,
  ready: () => void = () => {},
): Promise<ProbeResult> {
  const chosen = ATTACKS.find((candidate) => candidate.id === id);
  if (chosen === undefined) throw new Error(`there is no attack '${id}'`);
  const probed = await open();
  try {
    const sum = await probed.evaluate('1 + 1');
    if (sum !== 2) throw new Error(`1 + 1 gave ${String(sum)}`);
    ready();
    return await chosen.run(probed, secrets);
  } finally {
    // A killed peer may fail to close.
    await probed.close().catch(() => {});
  }
}
