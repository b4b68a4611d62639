/** Prepares a component for every thread. Unsupported imports are refused here, by name. */
import { ColonyError, type ResolvedProgram } from '@colony/core';
import type { PreparedModule } from '../prepare/prepared.js';
import { checkNames } from './glue.js';
import type { PreparedComponent } from './program.js';
import { type TranspileOptions, transpile } from './transpile.js';
import { missingWasi } from './wasi/index.js';
import { Checks } from './wit/check.js';
import { isPlain } from './wit/names.js';
import type { ValueType, World, WorldFunction } from './wit/types.js';
import { readWorld } from './wit/world.js';

export type ComponentProgram = Extract<ResolvedProgram, { kind: 'component' }>;
export type PrepareModule = (module: Uint8Array) => Promise<PreparedModule>;

/** @throws ColonyError ERR_COMPILE, ERR_UNSUPPORTED, ERR_BACKEND_UNAVAILABLE */
export async function prepareComponent(
  { component, filename, hash }: ComponentProgram,
  prepareModule: PrepareModule,
  options: Omit<TranspileOptions, 'filename'> = {},
): Promise<PreparedComponent> {
  const world = readWorld(component);
  refuseImports(world, filename);
  const { glue, cores } = await transpile(component, { ...options, filename });
  const prepared: Record<string, PreparedModule> = {};
  for (const [name, module] of Object.entries(cores)) prepared[name] = await prepareModule(module);
  checkNames(coreNames(Object.values(prepared)), witNames(world));
  return { kind: 'component', hash, glue, cores: prepared, world };
}

function refuseImports(world: World, filename: string): void {
  const missing = [...world.otherImports, ...missingWasi(world), ...impossible(world)];
  if (missing.length === 0) return;
  const message = `${filename}: the component imports what no policy can grant here: ${missing.join(', ')}`;
  throw new ColonyError('ERR_UNSUPPORTED', message);
}

/** Host functions have no resources to give. */
function impossible(world: World): string[] {
  const checks = new Checks(world);
  const withHandle = (item: WorldFunction) =>
    !isPlain(item) ||
    item.parameters.some(([, type]) => checks.holdsHandle(type)) ||
    (item.result !== null && checks.holdsHandle(item.result));
  return world.imports
    .filter((item) => item.owner?.startsWith('wasi:') !== true && withHandle(item))
    .map(({ owner, name }) => `${owner === undefined ? '' : `${owner}.`}${name} (resources)`);
}

function coreNames(cores: readonly PreparedModule[]): Set<string> {
  const names = new Set<string>();
  for (const { module } of cores) {
    for (const { name } of WebAssembly.Module.exports(module)) names.add(name);
    for (const item of WebAssembly.Module.imports(module)) names.add(item.module).add(item.name);
  }
  return names;
}

function labels(type: ValueType): readonly string[] {
  switch (type.kind) {
    case 'record':
      return type.fields.map(([name]) => name);
    case 'variant':
      return type.cases.map(([name]) => name);
    case 'enum':
      return type.cases;
    case 'flags':
      return type.names;
    default:
      return type.kind === 'alias' ? [type.name] : [];
  }
}

function witNames(world: World): Set<string> {
  const names = new Set(world.types.flatMap(labels));
  for (const { owner, name, parameters } of [...world.imports, ...world.exports]) {
    for (const part of [owner ?? name, name, ...parameters.map(([parameter]) => parameter)]) names.add(part);
  }
  return names;
}
