/** Reads the inputs of `colony run` besides the program: arguments, policy and limits. */
import { type LimitsInput, type Policy, parseSize, parseTime } from '@colony/core';
import { UsageError } from '../failure.js';
import { systemText } from '../system-error.js';
import { fromJson } from '../values/json.js';
import { presets } from './presets.js';
import { readText } from './stdin.js';

function parse(text: string, what: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new UsageError(`${what} is not JSON: ${(error as Error).message}`);
  }
}

/** Reads the file that an option names. @throws UsageError that names the option, too */
async function optionText(option: string, file: string, hint = ''): Promise<string> {
  try {
    return await readText(file, option);
  } catch (error) {
    const text = systemText(error, file);
    throw text === undefined ? error : new UsageError(`${option}: ${text.message}${hint}`);
  }
}

/** Returns a key's name, or the PEM text of the public key's file. */
export async function readSigner(value: string): Promise<string> {
  return value.startsWith('ed25519:') ? value : await optionText('--signed-by', value);
}

export async function readArguments(value: string): Promise<unknown[]> {
  const text = value.startsWith('@') ? await optionText('--args', value.slice(1)) : value;
  const json = parse(text, '--args');
  if (!Array.isArray(json))
    throw new UsageError(`--args is a JSON array of arguments, as '[1, "two"]'; this is ${value}`);
  try {
    return json.map(fromJson);
  } catch (error) {
    const message = error instanceof RangeError ? 'it is nested too deeply' : (error as Error).message;
    throw new UsageError(`--args: ${message}`);
  }
}

type Limits = { -readonly [Key in keyof LimitsInput]: LimitsInput[Key] };

/** Parses a limit with a unit, or a plain number. @throws UsageError */
function limit(option: string, text: string, read: (value: unknown) => number | undefined, form: string): number {
  const value = read(/^\s*\d+(\.\d+)?\s*$/.test(text) ? Number(text) : text);
  if (value !== undefined && value > 0) return value;
  throw new UsageError(`${option}: expected ${form}, not ${JSON.stringify(text)}`);
}

function readLimits({ memory, timeout }: { memory?: string; timeout?: string }): Limits {
  const limits: Limits = {};
  if (memory !== undefined) {
    limits.memory = limit('--memory', memory, parseSize, "a size such as '32 MiB', or a number of bytes");
  }
  if (timeout !== undefined) {
    const time = limit('--timeout', timeout, parseTime, "a time such as '50 ms' or '2 s', or a number of milliseconds");
    // A longer wall time also raises the CPU time: its default would stop the call after a second.
    Object.assign(limits, { wallTime: time, cpuTime: time });
  }
  return limits;
}

/** Limits of the command line override those of a file, because the same user controls both. */
export async function readPolicy(options: { policy?: string; memory?: string; timeout?: string }): Promise<Policy> {
  const limits = readLimits(options);
  const policy = options.policy === undefined ? {} : await readPolicyFile(options.policy);
  if ('all' in policy) return { all: [policy, { inherit: true, limits }] };
  return { ...policy, limits: { ...policy.limits, ...limits } };
}

async function readPolicyFile(name: string): Promise<Policy> {
  const preset = presets[name];
  if (preset !== undefined) return preset;
  const known = `; policies by name are ${Object.keys(presets).join(' and ')}`;
  const json = parse(await optionText('--policy', name, known), `the policy ${name}`);
  if (typeof json !== 'object' || json === null || Array.isArray(json))
    throw new UsageError(`the policy ${name} is not a JSON object`);
  return json as Policy;
}
