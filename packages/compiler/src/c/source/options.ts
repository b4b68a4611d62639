/** Parses the options of a mark: `virtine(allow(read, log), memory("1MiB"))`. */
import { parseSize, parseTime } from '@colony/core';
import { refuse } from './types.js';

export interface VirtineOptions {
  /** Hypercalls that the author allows; absent without `allow`. */
  readonly allow?: readonly string[];
  /** Names, paths and origins that the virtine may reach in the environment, files and network. */
  readonly lists: Readonly<Partial<Record<ListGrant, readonly string[]>>>;
  /** In bytes, milliseconds or calls, by the limit. */
  readonly limits: Readonly<Record<string, number>>;
  /** Bytes of stack; for recursion, whose depth has no bound. */
  readonly stack?: number;
  /** Bytes of heap that exist from the start. */
  readonly heap?: number;
}

export type ListGrant = 'env' | 'fs.read' | 'fs.write' | 'fetch';
const LISTS: Readonly<Record<string, ListGrant>> = {
  env: 'env',
  fsRead: 'fs.read',
  fsWrite: 'fs.write',
  fetch: 'fetch',
};
/** Returns the word of a grant: `fsRead` for `fs.read`. */
export const wordOf = (grant: string): string => Object.keys(LISTS).find((word) => LISTS[word] === grant) ?? grant;
const SIZES = ['memory', 'bytesIn', 'bytesOut', 'output'];
const TIMES = ['wallTime', 'cpuTime', 'startTime'];

/** @throws ColonyError ERR_COMPILE */
export function parseOptions(text: string, where: string): VirtineOptions {
  const limits: Record<string, number> = {};
  const lists: Partial<Record<ListGrant, string[]>> = {};
  const single: { allow?: string[]; stack?: number; heap?: number } = {};
  for (const { name, args } of itemsOf(text, where)) {
    const only = args.length === 1 ? args[0]! : undefined;
    const size = () => positive(parseSize(numeric(only)), name, `a size such as ("64KiB")`, where);
    if (name === 'allow') single.allow = [...(single.allow ?? []), ...args.map(String)];
    else if (LISTS[name] !== undefined) lists[LISTS[name]] = [...(lists[LISTS[name]] ?? []), ...args];
    else if (name === 'stack') single.stack = size();
    else if (name === 'heap') single.heap = size();
    else if (SIZES.includes(name)) limits[name] = size();
    else if (TIMES.includes(name))
      limits[name] = positive(parseTime(numeric(only)), name, 'a time such as ("50ms")', where);
    else if (name === 'hypercalls') limits[name] = positive(Number(only), name, 'a count', where);
    else
      refuse(
        where,
        `has the unknown option ${name}: there are allow, ${[...Object.keys(LISTS), ...SIZES, ...TIMES].join(', ')}, hypercalls, stack and heap`,
      );
  }
  return { limits, lists, ...single };
}

const numeric = (text: string | undefined): string | number | undefined =>
  text !== undefined && /^\d+$/.test(text) ? Number(text) : text;

function positive(value: number | undefined, name: string, wanted: string, where: string): number {
  if (value === undefined || !(value >= 0)) refuse(where, `has the option ${name}, which takes ${wanted}`);
  return value;
}

/** Splits a list of `name(arg, "arg")` into names and arguments, which are words or string literals. */
function itemsOf(text: string, where: string): { name: string; args: string[] }[] {
  const items: { name: string; args: string[] }[] = [];
  const item = /\s*([A-Za-z_]\w*)\s*\(((?:[^()"]|"(?:[^"\\]|\\.)*")*)\)\s*(,|$)/y;
  while (item.lastIndex < text.length) {
    const at = item.lastIndex;
    const match = item.exec(text);
    if (match === null)
      refuse(
        where,
        `has options that cannot be read from \`${text.slice(at).trim()}\` on: write allow(name, ...), memory("1MiB")`,
      );
    const args = match[2]!.match(/"(?:[^"\\]|\\.)*"|[^,\s][^,]*/g) ?? [];
    items.push({
      name: match[1]!,
      args: args.map((arg) => (arg.startsWith('"') ? (JSON.parse(arg) as string) : arg.trim())),
    });
  }
  return items;
}
