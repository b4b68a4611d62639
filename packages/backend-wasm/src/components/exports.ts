/** A component's functions as calls find them. */
import type { GuestErrorInfo } from '@colony/core';
import type { GlueExports } from './glue.js';
import { type Check, type Checks, Mismatch } from './wit/check.js';
import { callNames, camel, isPlain, withoutVersion } from './wit/names.js';
import type { World, WorldFunction } from './wit/types.js';

export interface Export {
  readonly name: string;
  readonly parameters: readonly Check[];
  /** Its result is or holds a handle, which cannot cross. */
  readonly givesHandle: boolean;
  /** The function, of an instance. */
  readonly of: (exports: GlueExports) => (...args: unknown[]) => unknown;
}

type Functions = Readonly<Record<string, (...args: unknown[]) => unknown>>;

function finder({ owner, name }: WorldFunction): Export['of'] {
  const property = camel(name);
  if (owner === undefined) return (exports) => (exports as Functions)[property]!;
  const short = withoutVersion(owner);
  return (exports) => ((exports[owner] ?? exports[short]) as Functions)[property]!;
}

export interface Exports {
  /** Each by every name that means it. */
  readonly byName: ReadonlyMap<string, Export>;
  /** One of each. */
  readonly names: readonly string[];
}

export function bindExports(world: World, checks: Checks): Exports {
  const functions = world.exports.filter(isPlain);
  const byName = new Map<string, Export>();
  const names = callNames(functions).map(({ name, all }, index) => {
    const item = functions[index]!;
    const bound: Export = {
      name,
      parameters: item.parameters.map(([, type]) => checks.of(type)),
      givesHandle: item.result !== null && checks.holdsHandle(item.result),
      of: finder(item),
    };
    for (const spelling of all) byName.set(spelling, bound);
    return name;
  });
  return { byName, names };
}

export function noSuchExport(name: string, { names }: Exports): GuestErrorInfo {
  const message = `the program exports no function \`${name}\`; it exports ${names.join(', ') || 'nothing'}`;
  return { name: 'ColonyError', message, code: 'ERR_NO_SUCH_EXPORT' };
}

const UNCROSSABLE = 'cannot cross between host and guest: it is or holds a handle to a resource';

/** Arguments as the glue takes them. Those at the end that may be `undefined` may be left out. @throws Refused */
export function checkArguments({ name, parameters, givesHandle }: Export, args: readonly unknown[]): unknown[] {
  if (givesHandle) throw refused(`${name}: the result`, new Mismatch('ColonyError', UNCROSSABLE));
  if (args.length > parameters.length) {
    const wanted = `${parameters.length} ${parameters.length === 1 ? 'argument' : 'arguments'}`;
    throw new Refused({ name: 'TypeError', message: `${name} takes ${wanted}, not ${args.length}` });
  }
  return parameters.map((check, index) => {
    try {
      return check(args[index]);
    } catch (error) {
      throw error instanceof Mismatch ? refused(`${name}: argument ${index + 1}`, error) : error;
    }
  });
}

/** The caller's arguments are not what the function takes: the component does not run. */
export class Refused extends Error {
  constructor(readonly info: GuestErrorInfo) {
    super(info.message);
  }
}

function refused(what: string, { name, path, reason }: Mismatch): Refused {
  const message = `${what}${path} ${reason}`;
  return new Refused(name === 'ColonyError' ? { name, message, code: 'ERR_NOT_SERIALIZABLE' } : { name, message });
}
