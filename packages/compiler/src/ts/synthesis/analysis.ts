/** Analyses a bundle: its graph, the uses of its surroundings, and the refusals of them that are accepted. */
import type { Refusal } from '../../refusals/refusal.js';
import type { Step } from '../../source/chain.js';
import { Helpers } from '../facts/helpers.js';
import { type Graph, GraphBuilder } from '../facts/units.js';
import { UseFinder, type Uses } from '../facts/uses.js';
import { findInner, hiddenIn, type InnerVirtines, withoutOwn } from '../finish/inner.js';
import { type Parsed, parse } from '../syntax/parse.js';
import { analyseScopes, type Reference, type Scopes } from '../syntax/scopes.js';
import type { SynthesisInput } from './input.js';

export interface Analysis {
  /** The virtine and its place. */
  readonly own: Step;
  readonly bundle: Parsed;
  readonly scopes: Scopes;
  readonly helpers: Helpers;
  readonly graph: Graph;
  readonly uses: Uses;
  /** Virtines in the bundle other than its own. */
  readonly others: InnerVirtines;
}

export function analyse({ parsed, site, bundled }: SynthesisInput): Analysis {
  const own = { name: site.name, ...parsed.lines.at(site.target.start) };
  const bundle = parse('program.js', bundled.code);
  const scopes = analyseScopes(bundle.program);
  const helpers = new Helpers(bundle, scopes);
  const read = { map: bundled.map, modules: new Set(Object.keys(bundled.metafile.inputs)) };
  const inner = findInner(scopes);
  const graph = new GraphBuilder(bundle, scopes, helpers, read, own, hiddenIn(inner)).build();
  const uses = new UseFinder(scopes, graph, helpers, own.name).run();
  return { own, bundle, scopes, helpers, graph, uses, others: withoutOwn(inner, own, scopes, graph) };
}

export interface Acceptance {
  readonly accepted: readonly Refusal[];
  readonly refused: readonly Refusal[];
  /** References to accepted globals of hosts. */
  readonly globals: readonly Reference[];
  /** Code that is made at run time is accepted. */
  readonly makesCode: boolean;
}

/** Divides the refusals of uses by the accepted subjects. A built-in module may be named without `node:`. */
export function acceptanceOf({ refusals, globals }: Uses, names: readonly string[]): Acceptance {
  const accepts = new Set(names.flatMap((name) => [name, `node:${name}`]));
  return {
    accepted: refusals.filter(({ subject }) => accepts.has(subject)),
    refused: refusals.filter(({ subject }) => !accepts.has(subject)),
    globals: globals.filter(({ name }) => accepts.has(name)),
    makesCode: accepts.has('eval'),
  };
}
