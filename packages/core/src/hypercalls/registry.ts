/** The host functions of a context, checked once. */
import { isHostFunctionName } from '../capabilities/host-functions.js';
import { joinPath, OptionReader } from '../options/option-reader.js';
import type { HostFunction, HypercallDefinition, Hypercalls } from './types.js';

export type Registry = ReadonlyMap<string, HypercallDefinition>;

/** @throws ColonyError ERR_BAD_OPTION */
export function createRegistry(
  hypercalls: Hypercalls | undefined,
  reader = new OptionReader('ERR_BAD_OPTION', 'options'),
): Registry {
  const registry = new Map<string, HypercallDefinition>();
  if (hypercalls === undefined) return registry;
  for (const [name, written] of Object.entries(reader.object(hypercalls, 'hypercalls'))) {
    const path = joinPath('hypercalls', name);
    if (!isHostFunctionName(name) || name === 'then')
      reader.fail(path, 'a name without spaces, not `then`, not starting with `colony:`', name);
    registry.set(name, readDefinition(written, reader, path));
  }
  return registry;
}

function readDefinition(written: unknown, reader: OptionReader, path: string): HypercallDefinition {
  if (typeof written === 'function') return { handler: written as HostFunction };
  const definition = reader.object(written, path, ['handler', 'args']);
  if (typeof definition.handler !== 'function') reader.fail(`${path}.handler`, 'a function', definition.handler);
  const schema = definition.args as HypercallDefinition['args'] | undefined;
  if (schema === undefined) return { handler: definition.handler as HostFunction };
  const validate = reader.look(`${path}.args`, () => schema?.['~standard']?.validate);
  if (typeof validate !== 'function') {
    reader.fail(`${path}.args`, 'a Standard Schema validator for the list of arguments', schema);
  }
  return { handler: definition.handler as HostFunction, args: schema };
}
