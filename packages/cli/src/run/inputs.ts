/** What `colony run` reads besides the program: arguments and policy. */
import { readFile } from 'node:fs/promises';
import type { LimitsInput, Policy } from '@colony/core';
import { UsageError } from '../failure.js';
import { fromJson } from '../values/json.js';
import { presets } from './presets.js';

function parse(text: string, what: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new UsageError(`${what} is not JSON: ${(error as Error).message}`);
  }
}

export async function readArguments(given: string): Promise<unknown[]> {
  const text = given.startsWith('@') ? await readFile(given.slice(1), 'utf8') : given;
  const json = parse(text, '--args');
  if (!Array.isArray(json))
    throw new UsageError(`--args is a JSON array of arguments, as '[1, "two"]'; this is ${given}`);
  try {
    return json.map(fromJson);
  } catch (error) {
    throw new UsageError(`--args: ${(error as Error).message}`);
  }
}

/** The command line's own limits stand over those of a file: whoever types them owns both. */
export async function readPolicy(options: { policy?: string; memory?: string; timeout?: string }): Promise<Policy> {
  const policy = options.policy === undefined ? {} : await readPolicyFile(options.policy);
  const limits: { -readonly [Key in keyof LimitsInput]: LimitsInput[Key] } = {};
  if (options.memory !== undefined) limits.memory = options.memory;
  // A call that may last long may also compute long: by default CPU time would stop it after a second.
  if (options.timeout !== undefined) Object.assign(limits, { wallTime: options.timeout, cpuTime: options.timeout });
  if ('all' in policy) return { all: [policy, { inherit: true, limits }] };
  return { ...policy, limits: { ...policy.limits, ...limits } };
}

async function readPolicyFile(name: string): Promise<Policy> {
  const preset = presets[name];
  if (preset !== undefined) return preset;
  const json = parse(await readFile(name, 'utf8'), `the policy ${name}`);
  if (typeof json !== 'object' || json === null || Array.isArray(json))
    throw new UsageError(`the policy ${name} is no JSON object`);
  return json as Policy;
}
