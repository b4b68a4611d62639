/**
 * WASI 0.2 over Colony's built-in hypercalls: it reaches what the policy grants, and has no way of its own to anything.
 * Sockets and HTTP are not there.
 */
import type { GuestHost } from '../../guest/host.js';
import type { Ask } from '../ask.js';
import type { Meter } from '../meter.js';
import { camel, withoutVersion } from '../wit/names.js';
import type { World, WorldFunction } from '../wit/types.js';
import { cli } from './cli.js';
import { monotonicClock, random, wallClock } from './clocks.js';
import { WasiContext } from './context.js';
import { filesystem } from './filesystem.js';
import { InputStream, IoError, OutputStream, Pollable, poll } from './io.js';

type Interface = Readonly<Record<string, unknown>>;

const under = (owner: string, interfaces: Readonly<Record<string, Interface>>): [string, Interface][] =>
  Object.entries(interfaces).map(([name, functions]) => [`wasi:${owner}/${name}`, functions]);

export class Wasi {
  readonly #context: WasiContext;
  #interfaces: ReadonlyMap<string, Interface> | undefined;

  constructor(host: GuestHost, ask: Ask, meter: Meter) {
    this.#context = new WasiContext(host, ask, meter);
  }

  /** Bytes that it holds for the component. */
  get size(): number {
    return this.#context.held;
  }

  /** The object that the glue finds under an interface's name; `undefined` if it is not supported. */
  imports(name: string): Interface | undefined {
    this.#interfaces ??= this.#make();
    return this.#interfaces.get(name);
  }

  /** At the end of a call: what was written reaches the host. */
  finish(): void {
    this.#context.finish();
  }

  #make(): ReadonlyMap<string, Interface> {
    const context = this.#context;
    const numbers = random(context);
    return new Map([
      ...under('cli', cli(context)),
      ...under('clocks', { 'monotonic-clock': monotonicClock(context), 'wall-clock': wallClock(context) }),
      ...under('filesystem', filesystem(context)),
      ...under('io', {
        error: { Error: IoError },
        poll: { Pollable, poll: (pollables: readonly Pollable[]) => poll(context, pollables) },
        streams: { InputStream, OutputStream },
      }),
      ...under('random', { random: numbers, insecure: numbers, 'insecure-seed': numbers }),
    ]);
  }
}

const pascal = (kebab: string) => camel(`-${kebab}`);

/** `[method]input-stream.read` belongs to the class `InputStream`. */
const MEMBER = /^\[(method|static)\]([^.]+)\.(.+)$/;

function isThere(offered: Interface | undefined, name: string): boolean {
  if (offered === undefined) return false;
  const [, , resource, member] = MEMBER.exec(name) ?? [];
  if (resource === undefined || member === undefined) return Object.hasOwn(offered, camel(name));
  const type = offered[pascal(resource)] as { readonly prototype: object } | undefined;
  return type !== undefined && camel(member) in type.prototype;
}

/** `missingWasi` only reads which functions there are, and calls none. */
const unusedHost = undefined as never;

/** Imports from WASI that are not here, by their names. */
export function missingWasi(world: World): string[] {
  const wasi = new Wasi(unusedHost, unusedHost, unusedHost);
  const names = new Set<string>();
  const owners = world.importedInterfaces.filter((owner) => owner.startsWith('wasi:'));
  for (const owner of owners) if (wasi.imports(withoutVersion(owner)) === undefined) names.add(owner);
  const missing = ({ owner, name }: WorldFunction) =>
    owner?.startsWith('wasi:') === true && !names.has(owner) && !isThere(wasi.imports(withoutVersion(owner)), name);
  for (const item of world.imports) if (missing(item)) names.add(`${item.owner}.${item.name}`);
  return [...names];
}
