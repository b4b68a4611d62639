/** A component's world, as plain data (it is cached as JSON and crosses between threads). */

export const PRIMITIVES = [
  'bool',
  's8',
  'u8',
  's16',
  'u16',
  's32',
  'u32',
  's64',
  'u64',
  'f32',
  'f64',
  'char',
  'string',
] as const;

export type Primitive = (typeof PRIMITIVES)[number];

/** A type by its place in `World.types`. */
export type TypeIndex = number;

export type ValueType =
  | { readonly kind: Primitive }
  | { readonly kind: 'record'; readonly fields: readonly (readonly [name: string, type: TypeIndex])[] }
  | { readonly kind: 'variant'; readonly cases: readonly (readonly [name: string, type: TypeIndex | null])[] }
  | { readonly kind: 'enum'; readonly cases: readonly string[] }
  | { readonly kind: 'flags'; readonly names: readonly string[] }
  | { readonly kind: 'list'; readonly of: TypeIndex }
  | { readonly kind: 'tuple'; readonly of: readonly TypeIndex[] }
  | { readonly kind: 'option'; readonly of: TypeIndex }
  | { readonly kind: 'result'; readonly ok: TypeIndex | null; readonly err: TypeIndex | null }
  /** A resource's handle, or what nothing outside of a component can hold (a stream, a future). */
  | { readonly kind: 'handle'; readonly what: string }
  /** Another type under a name of its own. */
  | { readonly kind: 'alias'; readonly name: string; readonly of: TypeIndex };

export interface FunctionType {
  readonly parameters: readonly (readonly [name: string, type: TypeIndex])[];
  readonly result: TypeIndex | null;
}

/** A function that crosses the boundary. */
export interface WorldFunction extends FunctionType {
  /** Interface with its package and version, `ns:package/interface@1.0.0`; absent for functions of the world itself. */
  readonly owner?: string;
  /** As WIT spells it, `get-all`. */
  readonly name: string;
}

export interface World {
  readonly types: readonly ValueType[];
  readonly imports: readonly WorldFunction[];
  readonly exports: readonly WorldFunction[];
  /** Names of imports other than functions and interfaces of functions. */
  readonly otherImports: readonly string[];
  /** Interfaces that are imported, those of types only included. */
  readonly importedInterfaces: readonly string[];
}

/** Looks through names. */
export function resolved(world: Pick<World, 'types'>, index: TypeIndex): Exclude<ValueType, { kind: 'alias' }> {
  let type = world.types[index]!;
  while (type.kind === 'alias') type = world.types[type.of]!;
  return type;
}
