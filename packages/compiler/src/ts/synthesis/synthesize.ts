/** Makes a program of a bundle: gathers facts, policy, refusals and the report. */
import { type GrantReason, initialReasonsOf } from '../../policy/generate.js';
import type { Refusal } from '../../refusals/refusal.js';
import type { VirtineReport } from '../../report/types.js';
import type { VirtineDescriptor } from '../../runtime/types.js';
import { type Place, showPlace } from '../../source/place.js';
import { madeAgain } from '../facts/again.js';
import { finishBundle } from '../finish/finish.js';
import { refuseInner } from '../finish/inner.js';
import { proveAccounted } from '../proof/prove.js';
import type { Node } from '../syntax/parse.js';
import { patternNames } from '../syntax/scopes.js';
import { GENERATOR, GENERATOR_ADVICE, isGenerator } from '../virtines/find.js';
import { type Analysis, acceptanceOf, analyse } from './analysis.js';
import type { SynthesisInput } from './input.js';
import { reportOf } from './report.js';
import { checkWrittenPolicy } from './written-policy.js';

export interface Synthesis {
  readonly descriptor: VirtineDescriptor;
  readonly report: VirtineReport;
  readonly refusals: readonly Refusal[];
  readonly inputs: readonly string[];
  /** Grants that initialisation may need. */
  readonly asksInitially: readonly GrantReason[];
  /** Constants of its own module that differ each time they are evaluated: their values must come from the host. */
  readonly hosted: readonly string[];
}

export function synthesize(input: SynthesisInput): Synthesis {
  const { site, bundled } = input;
  const { written } = input.sources;
  const analysis = analyse(input);
  const { bundle, scopes, helpers, graph, uses, others } = analysis;
  const acceptance = acceptanceOf(uses, [...input.accept, ...(written.accept ?? [])]);
  const findings = checkWrittenPolicy(site.name, written.policy, uses.needs);
  const finished = finishBundle(bundle, scopes, helpers, { ...acceptance, others });
  const again = madeAgain(scopes, graph).map((made) => ({ ...made, names: constantsAt(made.place, input) }));
  const report = reportOf(input, analysis, {
    source: finished.source,
    acceptance,
    policyWarnings: findings.warnings,
    again: again.filter(({ names }) => names === undefined),
  });
  const refusals = unique([
    ...refuseGenerator(analysis),
    ...acceptance.refused,
    ...refuseInner(site.name, others, scopes, graph),
    ...findings.refusals,
  ]);
  // A refused virtine is not built, and needs no proof.
  if (refusals.length === 0) proveAccounted(finished, uses.accounts, report);
  return {
    descriptor: descriptorOf(input, report, finished.source),
    report,
    refusals,
    inputs: bundled.inputs,
    asksInitially: initialReasonsOf(uses.needs),
    hosted: again.flatMap(({ names }) => names ?? []),
  };
}

function descriptorOf(
  { slice, bundled, sources }: SynthesisInput,
  report: VirtineReport,
  source: string,
): VirtineDescriptor {
  const { written, profiled } = sources;
  return {
    name: report.name,
    where: showPlace(report),
    filename: report.program.filename,
    source,
    map: bundled.map,
    captured: slice.captured,
    wrapped: slice.wrapped,
    policy: report.effective,
    written,
    ...(profiled && { profiled }),
  };
}

/** Names of the variables that the virtine's own module declares at this place. */
function constantsAt({ file, line }: Place, { parsed, capture }: SynthesisInput): string[] | undefined {
  if (file !== parsed.lines.file) return undefined;
  for (const { node } of capture.pieces) {
    if (node.type !== 'VariableDeclarator') continue;
    const first = parsed.lines.at(node.start).line;
    const last = parsed.lines.at(node.end).line;
    if (line >= first && line <= last) return patternNames(node.id);
  }
  return undefined;
}

/** Refuses a generator that is imported. */
function refuseGenerator({ own, graph, scopes }: Analysis): Refusal[] {
  if (graph.entry === undefined || !isGenerator(initialiser(graph.entry.node), scopes)) return [];
  const { name, ...place } = own;
  return [
    {
      rule: 'placement',
      virtine: name,
      subject: name,
      message: GENERATOR,
      advice: GENERATOR_ADVICE,
      chain: [own],
      ...place,
    },
  ];
}

const initialiser = (node: Node): Node => (node.type === 'VariableDeclarator' ? (node.init ?? node) : node);

/** Keeps one refusal for each subject and place. */
function unique(refusals: readonly Refusal[]): Refusal[] {
  const seen = new Map<string, Refusal>();
  for (const refusal of refusals) {
    const key = `${showPlace(refusal)} ${refusal.subject}`;
    if (!seen.has(key)) seen.set(key, refusal);
  }
  return [...seen.values()];
}
