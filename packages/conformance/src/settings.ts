/** Seed and size of the generated part, from options or the environment. */
import { randomInt } from 'node:crypto';

export interface Settings {
  /** The seed of everything random. Environment: COLONY_SEED. */
  readonly seed: number;
  /** Runs of a property. Environment: COLONY_RUNS. */
  readonly runs: number;
  /** Whether a failure is shrunk before it is reported. Default true. */
  readonly shrink: boolean;
  /** The engine of the JavaScript programs. Default: the backend's own. */
  readonly engine?: 'v8';
}

const DEFAULT_RUNS = 25;

function fromEnvironment(name: string): number | undefined {
  const text = process.env[name];
  if (text === undefined || text === '') return undefined;
  const number = Number(text);
  if (!Number.isSafeInteger(number)) throw new Error(`${name} must be an integer, not ${JSON.stringify(text)}`);
  return number;
}

export function readSettings(overrides: Partial<Settings> = {}): Settings {
  return {
    seed: overrides.seed ?? fromEnvironment('COLONY_SEED') ?? randomInt(2 ** 31),
    runs: overrides.runs ?? fromEnvironment('COLONY_RUNS') ?? DEFAULT_RUNS,
    shrink: overrides.shrink ?? true,
    ...(overrides.engine === undefined ? {} : { engine: overrides.engine }),
  };
}
