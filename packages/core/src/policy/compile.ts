/** Policies read once: validated, units parsed, predicates compiled, frozen. */
import { isAbsolute, resolve } from 'node:path';
import { DEFAULT_LIMITS, type Limits, narrowLimits, readLimits } from '../limits.js';
import { parseRate, parseSize, type Rate } from '../units.js';
import { joinPath as join, Reader } from '../validate.js';
import { type CompiledDemand, readDemand } from './isolation.js';
import { copyPlain } from './plain.js';
import { type Check, compilePredicate } from './predicates.js';
import { readSigners } from './signers.js';
import type { ArgumentPredicate, Policy } from './types.js';

export interface CompiledBudget {
  readonly maxCalls: number;
  readonly maxBytes: number;
}

export interface CompiledGrant {
  readonly perCall: CompiledBudget;
  readonly lifetime: CompiledBudget;
  readonly rate: Rate | undefined;
  readonly args: readonly Check[] | undefined;
  /** What `args` was made from, for those who compare policies. */
  readonly predicates: readonly (ArgumentPredicate | true)[] | undefined;
}

export interface CompiledFiles {
  /** Absolute and normalized. */
  readonly read: readonly string[];
  readonly write: readonly string[];
  /** `undefined`: not stated, as a limit that is left out. */
  readonly maxBytes: number | undefined;
}

export interface CompiledFetch {
  readonly origin: string;
  readonly methods: readonly string[];
  readonly private: boolean;
}

/** `undefined` in a section: this layer does not narrow it. */
export interface CompiledLayer {
  readonly hypercalls: ReadonlyMap<string, CompiledGrant> | undefined;
  readonly console: boolean | undefined;
  readonly clock: boolean | { readonly fixed: number } | undefined;
  readonly random: boolean | { readonly seed: string } | undefined;
  readonly env: ReadonlySet<string> | undefined;
  readonly fs: CompiledFiles | undefined;
  readonly fetch: readonly CompiledFetch[] | undefined;
  /** Leaving it out demands nothing, in every layer: demands add up. */
  readonly isolation: CompiledDemand | undefined;
  /** As with isolation. */
  readonly signers: readonly string[] | undefined;
}

export interface CompiledPolicy {
  readonly layers: readonly CompiledLayer[];
  readonly limits: Limits;
  /** The clock's fixed time, where it has one: the first layer's word counts. */
  readonly fixedTime: number | undefined;
  readonly seed: string | undefined;
  /** Most bytes of one file read or written. */
  readonly fileBytes: number;
}

const KEYS = [
  'hypercalls',
  'console',
  'clock',
  'random',
  'env',
  'fs',
  'fetch',
  'limits',
  'isolation',
  'snapshots',
  'inherit',
];
const GRANT_KEYS = ['maxCalls', 'maxBytes', 'once', 'maxRate', 'lifetime', 'args'];
const NAME = /^(?!colony:)[^\s]{1,200}$/;

/**
 * Reads a policy, each property once.
 * @throws ColonyError ERR_BAD_POLICY with the path of what is wrong: only plain data is taken.
 */
export function compilePolicy(policy: Policy): CompiledPolicy {
  const reader = new Reader('ERR_BAD_POLICY', 'policy');
  return compileCopy(copyPlain(policy, reader), reader);
}

/**
 * The same for a policy that `copyPlain` made. `follows`: it stands behind others, so that its first layer has
 * something to inherit.
 */
export function compileCopy(policy: unknown, reader: Reader, follows = false): CompiledPolicy {
  const inputs = flatten(policy, reader);
  let limits: Limits | undefined;
  const layers = inputs.map(([given, path], index) => {
    const inherits = given.inherit !== undefined && reader.boolean(given.inherit, join(path, 'inherit'));
    if (inherits && index === 0 && !follows) {
      reader.fail(join(path, 'inherit'), 'no `inherit` in the first layer: there is nothing to narrow', true);
    }
    if (given.limits !== undefined) {
      const read = readLimits(given.limits, reader, join(path, 'limits'));
      // The first layer may raise a default; later ones can only lower.
      limits =
        limits === undefined && index === 0
          ? Object.freeze({ ...DEFAULT_LIMITS, ...read })
          : narrowLimits(limits ?? DEFAULT_LIMITS, read);
    }
    return compileLayer(given, reader, path);
  });
  return Object.freeze({
    layers: Object.freeze(layers),
    limits: limits ?? DEFAULT_LIMITS,
    fixedTime: first(layers, (layer) => (typeof layer.clock === 'object' ? layer.clock.fixed : undefined)),
    seed: first(layers, (layer) => (typeof layer.random === 'object' ? layer.random.seed : undefined)),
    fileBytes: fileBytesOf(layers),
  });
}

const DEFAULT_FILE_BYTES = 8 * 1024 ** 2;

/** As with limits: the first layer may raise the default; later ones can only lower. */
function fileBytesOf(layers: readonly CompiledLayer[]): number {
  const [first, ...others] = layers.map((layer) => layer.fs?.maxBytes);
  return others.reduce<number>((least, each) => Math.min(least, each ?? least), first ?? DEFAULT_FILE_BYTES);
}

function first<T>(layers: readonly CompiledLayer[], pick: (layer: CompiledLayer) => T | undefined): T | undefined {
  for (const layer of layers) {
    const found = pick(layer);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Deepest nesting of `all`, and most layers: a policy that holds itself would have no end. */
const MAX_NESTING = 32;
const MAX_LAYERS = 1000;

/** The layers of a policy, with their paths. */
function flatten(policy: unknown, reader: Reader): [Record<string, unknown>, string][] {
  const layers: [Record<string, unknown>, string][] = [];
  const walk = (part: unknown, path: string, depth: number): void => {
    const given = reader.object(part, path, [...KEYS, 'all']);
    if (given.all === undefined) {
      if (layers.length === MAX_LAYERS) reader.fail(path, `at most ${MAX_LAYERS} layers`, part);
      layers.push([given, path]);
      return;
    }
    for (const key of Object.keys(given)) if (key !== 'all') reader.unknownKey(path, key, ['all']);
    if (depth === MAX_NESTING) reader.fail(path, `\`all\` at most ${MAX_NESTING} deep`, part);
    const before = layers.length;
    reader.list(given.all, join(path, 'all'), (item, at) => walk(item, at, depth + 1));
    if (layers.length === before) layers.push([{}, path]); // nothing allows: an empty list is an empty policy
  };
  walk(policy, '', 0);
  return layers;
}

function compileLayer(given: Record<string, unknown>, reader: Reader, path: string): CompiledLayer {
  const inherit = given.inherit === true;
  const section = <T>(key: string, denied: T, read: (value: unknown, path: string) => T): T | undefined => {
    if (given[key] === undefined) return inherit ? undefined : denied;
    return read(given[key], join(path, key));
  };
  return Object.freeze({
    hypercalls: section<ReadonlyMap<string, CompiledGrant>>('hypercalls', new Map(), (value, at) =>
      readGrants(value, reader, at),
    ),
    console: section('console', false, (value, at) => reader.boolean(value, at)),
    clock: section<boolean | { fixed: number }>('clock', false, (value, at) => readClock(value, reader, at)),
    random: section<boolean | { seed: string }>('random', false, (value, at) => readRandom(value, reader, at)),
    env: section<ReadonlySet<string>>(
      'env',
      new Set(),
      (value, at) => new Set(reader.list(value, at, (item, i) => reader.string(item, i))),
    ),
    fs: section<CompiledFiles>('fs', { read: [], write: [], maxBytes: undefined }, (value, at) =>
      readFs(value, reader, at),
    ),
    fetch: section<readonly CompiledFetch[]>('fetch', [], (value, at) =>
      reader.list(value, at, (item, i) => readFetch(item, reader, i)),
    ),
    isolation: given.isolation === undefined ? undefined : readDemand(given.isolation, reader, join(path, 'isolation')),
    signers: given.snapshots === undefined ? undefined : readSigners(given.snapshots, reader, join(path, 'snapshots')),
  });
}

function readGrants(value: unknown, reader: Reader, path: string): ReadonlyMap<string, CompiledGrant> {
  const grants = new Map<string, CompiledGrant>();
  for (const [name, grant] of Object.entries(reader.object(value, path))) {
    const at = join(path, name);
    if (!NAME.test(name)) reader.fail(at, 'a hypercall name without spaces and not starting with `colony:`', name);
    if (grant === false) continue;
    grants.set(name, grant === true ? OPEN : readGrant(grant, reader, at));
  }
  return grants;
}

const NO_BUDGET: CompiledBudget = { maxCalls: Number.POSITIVE_INFINITY, maxBytes: Number.POSITIVE_INFINITY };
const OPEN: CompiledGrant = {
  perCall: NO_BUDGET,
  lifetime: NO_BUDGET,
  rate: undefined,
  args: undefined,
  predicates: undefined,
};

function readGrant(value: unknown, reader: Reader, path: string): CompiledGrant {
  if (typeof value !== 'object') reader.fail(path, 'true or an object', value);
  const given = reader.object(value, path, GRANT_KEYS);
  const rate = given.maxRate === undefined ? undefined : parseRate(given.maxRate);
  if (given.maxRate !== undefined && rate === undefined)
    reader.fail(join(path, 'maxRate'), "a rate such as '100/s'", given.maxRate);
  const perCall = readBudget(given, reader, path);
  const once = given.once !== undefined && reader.boolean(given.once, join(path, 'once'));
  const lifetime = given.lifetime;
  return {
    perCall: once ? { ...perCall, maxCalls: Math.min(1, perCall.maxCalls) } : perCall,
    lifetime:
      lifetime === undefined
        ? NO_BUDGET
        : readBudget(
            reader.object(lifetime, join(path, 'lifetime'), ['maxCalls', 'maxBytes']),
            reader,
            join(path, 'lifetime'),
          ),
    rate,
    args:
      given.args === undefined
        ? undefined
        : reader.list(given.args, join(path, 'args'), (item, at) => compilePredicate(item, reader, at)),
    predicates: given.args as CompiledGrant['predicates'],
  };
}

function readBudget(given: Record<string, unknown>, reader: Reader, path: string): CompiledBudget {
  const maxBytes = given.maxBytes === undefined ? Number.POSITIVE_INFINITY : parseSize(given.maxBytes);
  if (maxBytes === undefined) reader.fail(join(path, 'maxBytes'), "a size such as '1 MiB'", given.maxBytes);
  const maxCalls =
    given.maxCalls === undefined ? Number.POSITIVE_INFINITY : reader.integer(given.maxCalls, join(path, 'maxCalls'), 0);
  return { maxCalls, maxBytes };
}

function readClock(value: unknown, reader: Reader, path: string): boolean | { fixed: number } {
  if (typeof value === 'boolean') return value;
  const { fixed } = reader.object(value, path, ['fixed']);
  const time = typeof fixed === 'string' ? Date.parse(fixed) : fixed;
  if (typeof time !== 'number' || !Number.isFinite(time))
    reader.fail(join(path, 'fixed'), 'milliseconds or an ISO date', fixed);
  return { fixed: time };
}

function readRandom(value: unknown, reader: Reader, path: string): boolean | { seed: string } {
  if (typeof value === 'boolean') return value;
  const { seed } = reader.object(value, path, ['seed']);
  if (typeof seed !== 'string' && typeof seed !== 'number')
    reader.fail(join(path, 'seed'), 'a number or a string', seed);
  return { seed: `${typeof seed}:${seed}` };
}

function readFs(value: unknown, reader: Reader, path: string): CompiledFiles {
  const given = reader.object(value, path, ['read', 'write', 'maxBytes']);
  const maxBytes = given.maxBytes === undefined ? undefined : parseSize(given.maxBytes);
  if (given.maxBytes !== undefined && maxBytes === undefined)
    reader.fail(join(path, 'maxBytes'), "a size such as '1 MiB'", given.maxBytes);
  const directories = (key: 'read' | 'write') =>
    given[key] === undefined
      ? []
      : reader.list(given[key], join(path, key), (item, at) => {
          const directory = reader.string(item, at);
          if (!isAbsolute(directory)) reader.fail(at, 'an absolute path', directory);
          return resolve(directory);
        });
  return { read: directories('read'), write: directories('write'), maxBytes };
}

function readFetch(value: unknown, reader: Reader, path: string): CompiledFetch {
  const given = reader.object(value, path, ['origin', 'methods', 'private']);
  const text = reader.string(given.origin, join(path, 'origin'));
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol) || url.href !== `${url.origin}/`) {
    reader.fail(join(path, 'origin'), "an origin such as 'https://example.com'", text);
  }
  const methods =
    given.methods === undefined
      ? ['GET', 'HEAD']
      : reader.list(given.methods, join(path, 'methods'), (item, at) => reader.string(item, at).toUpperCase());
  const isPrivate = given.private !== undefined && reader.boolean(given.private, join(path, 'private'));
  return { origin: url.origin, methods, private: isPrivate };
}
