/**
 * Chooses which optional statements go along: those that may change what the virtine uses, depending on the code that
 * they call. They go along if that costs nothing. If they ask the host for more, or cannot run in a guest, they stay,
 * with a warning.
 */
import { ColonyError } from '@colony/core';
import { refusalsIn } from '../refusals/refusal.js';
import { showPlace } from '../source/place.js';
import type { Capture, CaptureChoice, Optional } from './capture/capture.js';
import type { Node, Parsed } from './syntax/parse.js';
import type { Synthesis } from './synthesis/synthesize.js';

export interface Attempt {
  readonly capture: Capture;
  /** Absent if the capture was refused or the bundler failed. */
  readonly synthesis?: Synthesis;
  readonly error?: ColonyError;
}

export type Leave = CaptureChoice['leave'];

const NEEDS_MORE = 'the virtine would need more of the host for it';
/** A bound, because each trial costs a build. */
const MOST_TRIED = 16;

type Attempts = (leave: Leave) => Promise<Attempt>;

/** @throws ColonyError ERR_COMPILE */
export async function settle(parsed: Parsed, attempt: Attempts): Promise<Synthesis> {
  const all = await attempt(new Set());
  if (all.capture.optional.length === 0 || (isFine(all) && Object.keys(all.synthesis.report.policy).length === 0)) {
    return synthesisOf(all);
  }
  const optional = await optionalOf(all, attempt);
  const none = await attempt(new Set(optional.keys()));
  if (isFine(all) && isAsNarrow(none, all)) return synthesisOf(all);
  if (isFine(none)) {
    const { best, left, reasons } = await refine({ best: none, left: optional }, optional, attempt, isAsNarrow);
    return withWarnings(parsed, best, left, (node) => reasons.get(node) ?? 'there are too many such statements');
  }
  // If both are refused, report the one with fewer refusals: the other choice would fix the rest.
  if (!isFine(all)) return synthesisOf(refusedOf(all) < refusedOf(none) ? all : none);
  // It cannot be built without all of them, for example if one makes a global.
  const isNarrower = (next: Attempt, best: Fine): next is Fine => isFine(next) && !isAsNarrow(next, best);
  const { best, left } = await refine({ best: all, left: new Map() }, optional, attempt, isNarrower);
  return withWarnings(parsed, best, left, () => NEEDS_MORE);
}

/** All optional statements: without some of them, the capture may find others. */
async function optionalOf(all: Attempt, attempt: Attempts): Promise<Map<Node, Optional>> {
  const optional = new Map<Node, Optional>();
  for (let next = all; next.capture.optional.length > 0; next = await attempt(new Set(optional.keys()))) {
    for (const statement of next.capture.optional) optional.set(statement.node, statement);
  }
  return optional;
}

interface Choice {
  readonly best: Fine;
  /** The statements that do not go along. */
  readonly left: ReadonlyMap<Node, Optional>;
}

/**
 * Changes the choice for one statement after the other, and keeps a change if `isBetter`. `reasons`: why others were
 * not.
 */
async function refine(
  start: Choice,
  optional: ReadonlyMap<Node, Optional>,
  attempt: Attempts,
  isBetter: (next: Attempt, best: Fine) => next is Fine,
): Promise<Choice & { readonly reasons: ReadonlyMap<Node, string> }> {
  let { best, left } = start;
  const reasons = new Map<Node, string>();
  for (const [node, statement] of [...optional].slice(0, MOST_TRIED)) {
    const changed = new Map(left);
    if (!changed.delete(node)) changed.set(node, statement);
    const next = await attempt(new Set(changed.keys()));
    if (isBetter(next, best)) [best, left] = [next, changed];
    else reasons.set(node, reasonOf(next));
  }
  return { best, left, reasons };
}

function withWarnings(
  parsed: Parsed,
  { synthesis }: Fine,
  left: ReadonlyMap<Node, Optional>,
  reasonFor: (node: Node) => string,
): Synthesis {
  const { report, descriptor } = synthesis;
  const warnings = [...left].map(([node, { name }]) => {
    const where = showPlace(parsed.lines.at(node.start));
    return `${where}: virtine \`${descriptor.name}\`: this may change \`${name}\`, and does not go along: ${reasonFor(node)}`;
  });
  return { ...synthesis, report: { ...report, warnings: [...report.warnings, ...warnings] } };
}

type Fine = Attempt & { readonly synthesis: Synthesis };

const isFine = (attempt: Attempt): attempt is Fine => attempt.synthesis?.refusals.length === 0;

const refusedOf = ({ synthesis }: Attempt) => synthesis?.refusals.length ?? Number.POSITIVE_INFINITY;

/** It asks the host for the same. */
function isAsNarrow(attempt: Attempt, other: Fine): attempt is Fine {
  return isFine(attempt) && policyOf(attempt) === policyOf(other);
}

const policyOf = ({ synthesis }: Fine) => JSON.stringify(synthesis.report.policy);

function reasonOf({ synthesis, error }: Attempt): string {
  const refusals = synthesis?.refusals ?? refusalsIn(error) ?? [];
  if (refusals.length > 0) return refusals[0]!.message;
  return error?.message ?? NEEDS_MORE;
}

function synthesisOf({ synthesis, error }: Attempt): Synthesis {
  if (synthesis === undefined) throw error ?? new ColonyError('ERR_COMPILE', 'nothing was compiled');
  return synthesis;
}
