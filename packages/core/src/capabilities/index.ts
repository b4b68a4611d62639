/**
 * The capabilities of Colony, each in its own file. This is the only list: policies, the dispatcher of hypercalls and
 * the compiler use it. A new capability needs its file, an entry in `sections`, and its part of `CapabilityGrants`.
 */
import { type ClockGrant, clockSection } from './clock.js';
import { type ConsoleGrant, consoleSection } from './console.js';
import { type EnvGrant, envSection } from './env.js';
import { type FetchGrants, fetchSection } from './fetch.js';
import { type FsGrant, fsSection } from './fs.js';
import { type HostFunctionGrants, hostFunctionSection } from './host-functions.js';
import { type RandomGrant, randomSection } from './random.js';
import type { AnyUse, BuiltIn, Section } from './section.js';

const sections = [
  hostFunctionSection,
  consoleSection,
  clockSection,
  randomSection,
  envSection,
  fsSection,
  fetchSection,
] as const;

/** The sections of a policy that grant a capability. */
export interface CapabilityGrants
  extends HostFunctionGrants,
    ConsoleGrant,
    ClockGrant,
    RandomGrant,
    EnvGrant,
    FsGrant,
    FetchGrants {}

type AnyCapability = (typeof sections)[number];

/** The grants of one layer, as read. An `undefined` section means that this layer does not narrow it. */
export type CompiledGrants = {
  readonly [Each in AnyCapability as Each['key']]: ReturnType<Each['read']> | undefined;
};

/** A grant that is only a yes or no, such as `console`. */
export type WholeGrant = Extract<AnyCapability, { least(uses: never): true | undefined }>['key'];

/** A use of a capability that was found in a program. */
export type KnownUse = Parameters<AnyCapability['grantOf']>[0];

/** The type of a section in code that treats all sections alike. */
// biome-ignore lint/suspicious/noExplicitAny: each section knows its own types; `CompiledGrants` has them by key
export type AnySection = Section<keyof CompiledGrants, any, any, AnyUse, any>;

export const allSections: readonly AnySection[] = sections;

interface SectionHypercall {
  readonly section: AnySection;
  readonly hypercall: BuiltIn<unknown, unknown>;
}

/** Every hypercall that Colony serves itself, by name, such as `colony:fs.read`. */
export const builtIns: ReadonlyMap<string, SectionHypercall> = new Map(
  allSections.flatMap((section) =>
    Object.entries(section.hypercalls).map(([name, hypercall]) => [name, { section, hypercall }] as const),
  ),
);

/** The values that serving needs, by section, for one context. */
export type PreparedCapabilities = ReadonlyMap<AnySection, unknown>;

/** Prepares the capabilities of a context. `layers` are those of its policy. */
export function prepareCapabilities(layers: readonly CompiledGrants[]): PreparedCapabilities {
  const prepared = new Map<AnySection, unknown>();
  for (const section of allSections) {
    const grants = layers.map((layer) => layer[section.key]);
    // A denied section is never served: some layer omits it.
    if (!grants.includes(section.denied)) prepared.set(section, section.prepare(grants));
  }
  return prepared;
}
