/** The built-in capabilities. The policy has allowed the request when one of these runs. */
import { createHash, randomFillSync } from 'node:crypto';
import { withoutControls } from '../controls.js';
import type { CallScope, ConsoleLevel } from '../hypercalls/scope.js';
import { guestFetch } from './fetch.js';
import { listDirectory, readFile, statFile, writeFile } from './fs.js';

export type Builtin = (scope: CallScope, args: readonly unknown[]) => unknown;

const LEVELS: readonly unknown[] = ['log', 'info', 'warn', 'error', 'debug'];

function consoleBuiltin(scope: CallScope, [level, text]: readonly unknown[]): void {
  if (!LEVELS.includes(level) || typeof text !== 'string')
    throw new TypeError('console: a level and a text are needed');
  scope.owner.console(level as ConsoleLevel, withoutControls(text), scope.owner.id);
}

function clock(scope: CallScope, [kind]: readonly unknown[]): number {
  const fixed = scope.owner.policy.fixedTime;
  if (kind === 'monotonic') return fixed === undefined ? performance.now() - scope.startedAt : 0;
  return fixed ?? Date.now();
}

const MAX_RANDOM = 65536;

function random(scope: CallScope, [length]: readonly unknown[]): Uint8Array {
  if (!Number.isInteger(length) || (length as number) < 0 || (length as number) > MAX_RANDOM) {
    throw new RangeError(`random: a length from 0 to ${MAX_RANDOM} is needed`);
  }
  const bytes = new Uint8Array(length as number);
  const { seed } = scope.owner.policy;
  return seed === undefined ? randomFillSync(bytes) : seededFill(scope, seed, bytes);
}

/** SHA-256 in counter mode; the counter starts anew with each call. */
function seededFill(scope: CallScope, seed: string, bytes: Uint8Array): Uint8Array {
  for (let at = 0; at < bytes.length; at += 32) {
    const block = createHash('sha256')
      .update(`${scope.randomBlocks++}:${seed}`)
      .digest();
    bytes.set(block.subarray(0, bytes.length - at), at);
  }
  return bytes;
}

function env(_scope: CallScope, [name]: readonly unknown[]): string | undefined {
  if (typeof name !== 'string') throw new TypeError('env: a name is needed');
  return process.env[name];
}

/** Pairs of name and value: variables that every layer lists and that are set. */
function envList(scope: CallScope): [string, string][] {
  const lists = scope.owner.policy.layers.flatMap((layer) => (layer.env === undefined ? [] : [layer.env]));
  const names = [...(lists[0] ?? [])].filter((name) => lists.every((list) => list.has(name)));
  return names.flatMap((name) => {
    const value = process.env[name];
    return value === undefined ? [] : [[name, value] as [string, string]];
  });
}

export const builtins: ReadonlyMap<string, Builtin> = new Map<string, Builtin>([
  ['colony:console', consoleBuiltin],
  ['colony:clock', clock],
  ['colony:random', random],
  ['colony:env', env],
  ['colony:env.list', envList],
  ['colony:fs.read', readFile],
  ['colony:fs.write', writeFile],
  ['colony:fs.list', listDirectory],
  ['colony:fs.stat', statFile],
  ['colony:fetch', guestFetch],
]);
