/**
 * Which statements go along that may change what the virtine uses. Code that they call decides whether they do, so they
 * go along where that costs nothing: where they ask the host for more, or cannot run in a guest, they stay, with a warning.
 */
import { ColonyError } from '@colony/core';
import { refusalsIn } from '../refusals/refusal.js';
import { showPlace } from '../source/place.js';
import type { Capture, CaptureChoice, Optional } from './capture/capture.js';
import type { Node, Parsed } from './syntax/parse.js';
import type { Synthesis } from './synthesize.js';

export interface Attempt {
  readonly capture: Capture;
  /** Not there where the capture was refused or the bundler failed. */
  readonly synthesis?: Synthesis;
  readonly error?: ColonyError;
}

export type Leave = CaptureChoice['leave'];

const NEEDS_MORE = 'the virtine would need more of the host for it';
/** Each costs a build. */
const MOST_TRIED = 16;

/** @throws ColonyError ERR_COMPILE */
export async function settle(parsed: Parsed, attempt: (leave: Leave) => Promise<Attempt>): Promise<Synthesis> {
  const all = await attempt(new Set());
  if (all.capture.optional.length === 0 || (isFine(all) && Object.keys(all.synthesis.report.policy).length === 0)) {
    return synthesisOf(all);
  }
  const optional = await optionalOf(all, attempt);
  const none = await attempt(new Set(optional.keys()));
  if (!isFine(none) && isFine(all)) return await withLeast(parsed, optional, all, attempt);
  // Of two that are refused, the one that says what is wrong without what the other choice would mend.
  if (!isFine(none)) return synthesisOf(refusedOf(all) < refusedOf(none) ? all : none);
  if (isAsNarrow(all, none)) return synthesisOf(all);
  return await withMost(parsed, optional, none, attempt);
}

/** Where some are left out, others may be found. */
async function optionalOf(all: Attempt, attempt: (leave: Leave) => Promise<Attempt>): Promise<Map<Node, Optional>> {
  const optional = new Map<Node, Optional>();
  for (let next = all; next.capture.optional.length > 0; next = await attempt(new Set(optional.keys()))) {
    for (const one of next.capture.optional) optional.set(one.node, one);
  }
  return optional;
}

async function withMost(
  parsed: Parsed,
  optional: ReadonlyMap<Node, Optional>,
  none: Fine,
  attempt: (leave: Leave) => Promise<Attempt>,
): Promise<Synthesis> {
  const left = new Map(optional);
  const reasons = new Map<Node, string>();
  let best: Fine = none;
  for (const node of [...optional.keys()].slice(0, MOST_TRIED)) {
    const leave = new Set(left.keys());
    leave.delete(node);
    const next = await attempt(leave);
    if (isAsNarrow(next, none)) {
      best = next;
      left.delete(node);
    } else reasons.set(node, reasonOf(next));
  }
  return withWarnings(parsed, best, [...left.values()], reasons);
}

/** It cannot be built without them, as where one makes a global. Those stay that need more of the host for nothing. */
async function withLeast(
  parsed: Parsed,
  optional: ReadonlyMap<Node, Optional>,
  all: Fine,
  attempt: (leave: Leave) => Promise<Attempt>,
): Promise<Synthesis> {
  const left = new Map<Node, Optional>();
  let best = all;
  for (const [node, one] of [...optional].slice(0, MOST_TRIED)) {
    const next = await attempt(new Set([...left.keys(), node]));
    if (!isFine(next) || isAsNarrow(next, best)) continue;
    best = next;
    left.set(node, one);
  }
  const reasons = new Map([...left.keys()].map((node) => [node, NEEDS_MORE]));
  return withWarnings(parsed, best, [...left.values()], reasons);
}

function withWarnings(
  parsed: Parsed,
  { synthesis }: Fine,
  left: readonly Optional[],
  reasons: ReadonlyMap<Node, string>,
): Synthesis {
  const { report, descriptor } = synthesis;
  const warnings = left.map((one) => {
    const where = showPlace(parsed.lines.at(one.node.start));
    const why = reasons.get(one.node) ?? 'there are too many such statements';
    return `${where}: virtine \`${descriptor.name}\`: this may change \`${one.name}\`, and does not go along: ${why}`;
  });
  return { ...synthesis, report: { ...report, warnings: [...report.warnings, ...warnings] } };
}

type Fine = Attempt & { readonly synthesis: Synthesis };

const isFine = (attempt: Attempt): attempt is Fine => attempt.synthesis?.refusals.length === 0;

const refusedOf = ({ synthesis }: Attempt) => synthesis?.refusals.length ?? Number.POSITIVE_INFINITY;

/** It asks the host for nothing more. */
function isAsNarrow(attempt: Attempt, none: Fine): attempt is Fine {
  return (
    isFine(attempt) && JSON.stringify(attempt.synthesis.report.policy) === JSON.stringify(none.synthesis.report.policy)
  );
}

function reasonOf({ synthesis, error }: Attempt): string {
  const refusals = synthesis?.refusals ?? refusalsIn(error) ?? [];
  if (refusals.length > 0) return refusals[0]!.message;
  return error?.message ?? NEEDS_MORE;
}

function synthesisOf({ synthesis, error }: Attempt): Synthesis {
  if (synthesis === undefined) throw error ?? new ColonyError('ERR_COMPILE', 'nothing was compiled');
  return synthesis;
}
