/** Reads policies once: validates them, parses units, compiles predicates and freezes the result. */
import { allSections, type CompiledGrants } from '../capabilities/index.js';
import { DEFAULT_LIMITS, type Limits, narrowLimits, readLimits } from '../options/limits.js';
import { joinPath as join, OptionReader } from '../options/option-reader.js';
import { type CompiledDemand, readDemand } from './isolation.js';
import { copyPlain } from './plain.js';
import { readSigners } from './signers.js';
import type { Policy } from './types.js';

export interface CompiledLayer extends CompiledGrants {
  /** `undefined` demands nothing, in every layer, because demands add up. */
  readonly isolation: CompiledDemand | undefined;
  /** Signers that the layer demands; `undefined` demands none. */
  readonly signers: readonly string[] | undefined;
}

export interface CompiledPolicy {
  readonly layers: readonly CompiledLayer[];
  readonly limits: Limits;
}

const KEYS = [...allSections.map(({ key }) => key), 'limits', 'isolation', 'snapshots', 'inherit'];

/**
 * Reads a policy, each property once. Accepts only plain data.
 * @throws ColonyError ERR_BAD_POLICY with the path of the invalid part
 */
export function compilePolicy(policy: Policy): CompiledPolicy {
  const reader = new OptionReader('ERR_BAD_POLICY', 'policy');
  return compileCopy(copyPlain(policy, reader), reader);
}

/**
 * Reads a policy that `copyPlain` made. `follows` means that other layers come before it, so its first layer may
 * inherit.
 */
export function compileCopy(policy: unknown, reader: OptionReader, follows = false): CompiledPolicy {
  const inputs = flatten(policy, reader);
  let limits: Limits | undefined;
  const layers = inputs.map(([layer, path], index) => {
    const inherits = layer.inherit !== undefined && reader.boolean(layer.inherit, join(path, 'inherit'));
    if (inherits && index === 0 && !follows) {
      reader.fail(join(path, 'inherit'), 'no `inherit` in the first layer: there is nothing to narrow', true);
    }
    if (layer.limits !== undefined) {
      const read = readLimits(layer.limits, reader, join(path, 'limits'));
      // The first layer may raise a default; later ones can only lower it.
      limits =
        limits === undefined && index === 0
          ? Object.freeze({ ...DEFAULT_LIMITS, ...read })
          : narrowLimits(limits ?? DEFAULT_LIMITS, read);
    }
    return compileLayer(layer, reader, path);
  });
  return Object.freeze({
    layers: Object.freeze(layers),
    limits: limits ?? DEFAULT_LIMITS,
  });
}

/** Deepest nesting of `all`, and most layers. A policy that contains itself would be endless. */
const MAX_NESTING = 32;
const MAX_LAYERS = 1000;

/** Returns the layers of a policy, with their paths. */
function flatten(policy: unknown, reader: OptionReader): [Record<string, unknown>, string][] {
  const layers: [Record<string, unknown>, string][] = [];
  const walk = (part: unknown, path: string, depth: number): void => {
    const layer = reader.object(part, path, [...KEYS, 'all']);
    if (layer.all === undefined) {
      if (layers.length === MAX_LAYERS) reader.fail(path, `at most ${MAX_LAYERS} layers`, part);
      layers.push([layer, path]);
      return;
    }
    for (const key of Object.keys(layer)) if (key !== 'all') reader.unknownKey(path, key, ['all']);
    if (depth === MAX_NESTING) reader.fail(path, `\`all\` at most ${MAX_NESTING} deep`, part);
    const before = layers.length;
    reader.list(layer.all, join(path, 'all'), (item, at) => walk(item, at, depth + 1));
    if (layers.length === before) layers.push([{}, path]); // an empty list is an empty policy, which allows nothing
  };
  walk(policy, '', 0);
  return layers;
}

function compileLayer(layer: Record<string, unknown>, reader: OptionReader, path: string): CompiledLayer {
  const { isolation, snapshots } = layer;
  const demands = {
    isolation: isolation === undefined ? undefined : readDemand(isolation, reader, join(path, 'isolation')),
    signers: snapshots === undefined ? undefined : readSigners(snapshots, reader, join(path, 'snapshots')),
  };
  return Object.freeze(Object.assign(readGrants(layer, reader, path), demands));
}

function readGrants(layer: Record<string, unknown>, reader: OptionReader, path: string): CompiledGrants {
  const grants: Record<string, unknown> = {};
  for (const section of allSections) {
    const { key } = section;
    const written = layer[key];
    if (written !== undefined) grants[key] = section.read(written, reader, join(path, key));
    else grants[key] = layer.inherit === true ? undefined : section.denied;
  }
  return grants as CompiledGrants;
}
