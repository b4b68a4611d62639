/** Makes a program of a bundle: gathers facts, policy, refusals and the report. */
import { createHash } from 'node:crypto';
import { js, type Policy } from '@colony/core';
import { checkPolicy } from '../policy/check.js';
import { effectivePolicy, type Sources } from '../policy/effective.js';
import { type GrantReason, generatePolicy, initialReasonsOf, reasonsOf } from '../policy/generate.js';
import type { Need } from '../policy/needs.js';
import type { Refusal } from '../refusals/refusal.js';
import type { VirtineReport } from '../report/types.js';
import type { VirtineDescriptor } from '../runtime/types.js';
import { type Place, showPlace } from '../source/place.js';
import type { Bundled } from './bundle/bundle.js';
import type { Slice } from './bundle/slice.js';
import type { Capture } from './capture/capture.js';
import type { Neighbours } from './capture/neighbours.js';
import { againWarnings, madeAgain } from './facts/again.js';
import { Helpers } from './facts/helpers.js';
import { describeInside, initialisationOf, modulesOf, stateWarnings } from './facts/inside.js';
import { localityWarnings } from './facts/locality.js';
import { foreignStateWarnings } from './facts/state.js';
import { type Graph, GraphBuilder } from './facts/units.js';
import { UseFinder } from './facts/uses.js';
import { finishBundle } from './finish/finish.js';
import { findInner, hiddenIn, refuseInner, withoutOwn } from './finish/inner.js';
import { proveAccounted } from './proof/prove.js';
import { type Node, type Parsed, parse } from './syntax/parse.js';
import { analyseScopes, patternNames, type Scopes } from './syntax/scopes.js';
import { GENERATOR, GENERATOR_ADVICE, isGenerator, type VirtineSite } from './virtines/find.js';

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

export interface SynthesisInput {
  readonly parsed: Parsed;
  readonly site: VirtineSite;
  readonly capture: Capture;
  readonly slice: Slice;
  readonly bundled: Bundled;
  /** Refusals that are accepted in all virtines of the project. */
  readonly accept: readonly string[];
  readonly sources: Omit<Sources, 'least'>;
  /** The modules of the project. */
  readonly around: { readonly root: string; readonly neighbours: Neighbours; readonly imported: readonly string[] };
}

export function synthesize(input: SynthesisInput): Synthesis {
  const { parsed, site, capture, slice, bundled, sources } = input;
  const { written, profiled } = sources;
  const { name } = site;
  const place = parsed.lines.at(site.target.start);
  const bundle = parse('program.js', bundled.code);
  const inner = analyseScopes(bundle.program);
  const helpers = new Helpers(bundle, inner);
  const read = { map: bundled.map, modules: new Set(Object.keys(bundled.metafile.inputs)) };
  const marked = findInner(inner);
  const own = { name, ...place };
  const graph = new GraphBuilder(bundle, inner, helpers, read, own, hiddenIn(marked)).build();
  const others = withoutOwn(marked, own, inner, graph);
  const uses = new UseFinder(inner, graph, helpers, name).run();
  const accepts = new Set([...input.accept, ...(written.accept ?? [])].flatMap((name) => [name, `node:${name}`]));
  const accepted = uses.refusals.filter(({ subject }) => accepts.has(subject));
  const refusals = [
    ...uses.refusals.filter(({ subject }) => !accepts.has(subject)),
    ...refuseInner(name, others, inner, graph),
  ];
  const isStepwise = graph.entry !== undefined && isGenerator(initialiser(graph.entry.node), inner);
  const findings = checkWrittenPolicy(name, written.policy, uses.needs);
  const globals = uses.globals.filter((reference) => accepts.has(reference.name));
  const makesCode = accepts.has('eval');
  const finished = finishBundle(bundle, inner, helpers, { globals, makesCode, others });
  const { source } = finished;
  const again = madeAgain(inner, graph).map((made) => ({ ...made, own: constantAt(made.place, input) }));
  const filename = `${place.file}.${name}.virtine.js`;
  const least = generatePolicy(uses.needs);
  const effective = effectivePolicy({ least, ...sources });
  const where = showPlace(place);
  const { captured, wrapped } = slice;
  const modules = modulesOf(bundled.metafile);
  const report: VirtineReport = {
    format: 1,
    language: 'typescript',
    name,
    kind: site.kind,
    ...place,
    program: { filename, hash: js(source, { filename }).hash, shape: shapeOf(source, name, place.file) },
    inside: describeInside(graph),
    captured: [...capture.captured],
    modules,
    policy: least,
    effective,
    ...(profiled && { profiled }),
    ...(written.policy && { written: written.policy }),
    grants: reasonsOf(uses.needs),
    accepted: [
      ...accepted.map(({ subject, chain }) => ({ subject, chain })),
      // Accepted `eval` works everywhere, even if the analysis has found no use.
      ...(makesCode && !accepted.some(({ subject }) => subject === 'eval')
        ? [{ subject: 'eval', chain: [{ name, ...place }] }]
        : []),
    ],
    initialisation: initialisationOf(graph),
    sizes: {
      before: modules.reduce((sum, { before }) => sum + before, 0),
      after: Buffer.byteLength(source),
      map: Buffer.byteLength(bundled.map),
    },
    warnings: [
      ...capture.warnings,
      ...(modules.filter(({ file }) => file === place.file).length > 1
        ? [`${where}: virtine \`${name}\`: ${BACK}`]
        : []),
      ...uses.notes,
      ...localityWarnings(inner, graph, name),
      ...findings.warnings.map((text) => `${where}: virtine \`${name}\`: ${text}`),
      ...stateNotes(input, { scopes: inner, graph }).map((text) => `${text} (virtine \`${name}\`)`),
      ...againWarnings(
        again.filter(({ own }) => own === undefined),
        name,
      ),
    ],
  };
  const descriptor = {
    name,
    where,
    filename,
    source,
    map: bundled.map,
    captured,
    wrapped,
    policy: effective,
    written,
    ...(profiled && { profiled }),
  };
  const refused = unique([...(isStepwise ? [generatorRefusal(name, place)] : []), ...refusals, ...findings.refusals]);
  // A refused virtine is not built, and needs no proof.
  if (refused.length === 0) proveAccounted(finished, uses.accounts, report);
  return {
    descriptor,
    report,
    refusals: refused,
    inputs: bundled.inputs,
    asksInitially: initialReasonsOf(uses.needs),
    hosted: again.flatMap(({ own }) => own ?? []),
  };
}

const initialiser = (node: Node): Node => (node.type === 'VariableDeclarator' ? (node.init ?? node) : node);

/** The refusal of a generator that is imported. */
function generatorRefusal(virtine: string, place: Place): Refusal {
  return {
    rule: 'placement',
    virtine,
    subject: virtine,
    message: GENERATOR,
    advice: GENERATOR_ADVICE,
    chain: [{ name: virtine, ...place }],
    ...place,
  };
}

/**
 * The hash of a program without names: a rename or a move changes only names, and the bundler's comment with the file.
 */
function shapeOf(source: string, name: string, file: string): string {
  const text = source
    .replaceAll(`// ${file}?virtine\n`, '\n')
    .replaceAll(`// ${file}\n`, '\n')
    .replace(/[\w$\u0080-\uffff]+/g, (word) => (word === name ? '__colony_name' : word));
  return `sha256-${createHash('sha256').update(text).digest('hex')}`;
}

/** Keeps the first warning of each place: effects of the program itself are more precise than those of its modules. */
function stateNotes(
  { around, bundled }: SynthesisInput,
  { scopes, graph }: { scopes: Scopes; graph: Graph },
): string[] {
  const placeIn = (text: string) => text.slice(0, text.indexOf(': '));
  const own = stateWarnings(scopes, graph);
  const places = new Set(own.map(placeIn));
  const foreign = foreignStateWarnings({ ...around, files: bundled.inputs }, graph);
  return [...own, ...foreign.filter((text) => !places.has(placeIn(text)))];
}

/** Names of the variables that the virtine's own module declares at this place. */
function constantAt({ file, line }: Place, { parsed, capture }: SynthesisInput): string[] | undefined {
  if (file !== parsed.lines.file) return undefined;
  for (const { node } of capture.pieces) {
    if (node.type !== 'VariableDeclarator') continue;
    const first = parsed.lines.at(node.start).line;
    const last = parsed.lines.at(node.end).line;
    if (line >= first && line <= last) return patternNames(node.id);
  }
  return undefined;
}

const BACK =
  'a module that it needs imports this file back, so that all that the file does when it is loaded is inside';

/** Keeps one refusal for each subject and place. */
function unique(refusals: readonly Refusal[]): Refusal[] {
  const seen = new Map<string, Refusal>();
  for (const refusal of refusals) {
    const key = `${showPlace(refusal)} ${refusal.subject}`;
    if (!seen.has(key)) seen.set(key, refusal);
  }
  return [...seen.values()];
}

interface PolicyFindings {
  readonly refusals: readonly Refusal[];
  readonly warnings: readonly string[];
}

/** Checks needs against a written policy. Without one, refuses uses whose target is unknown: they cannot be granted. */
function checkWrittenPolicy(virtine: string, policy: Policy | undefined, needs: readonly Need[]): PolicyFindings {
  const refuse = ({ chain, what }: Need, rule: Refusal['rule'], message: string, advice: string): Refusal => {
    const { file, line, column } = chain[chain.length - 1]!;
    return { rule, virtine, subject: what, message, advice, chain, file, line, column };
  };
  if (policy === undefined) {
    const unknown = needs.filter(
      ({ capability }) => capability.kind === 'unknown' || (capability.kind === 'fetch' && !capability.methods),
    );
    const advice = 'make it constant, or write a policy in the options of the virtine';
    const refusals = unknown.map((need) =>
      refuse(need, 'dynamic-capability', `what it asks of the host by ${need.what} is not known at build time`, advice),
    );
    return { refusals, warnings: [] };
  }
  const { tooNarrow, unused } = checkPolicy(policy, needs);
  return {
    refusals: tooNarrow.map(({ need, reason }) =>
      refuse(need, 'policy-too-narrow', `${need.what} would be denied: ${reason}`, 'grant it, or do without the call'),
    ),
    warnings: unused.map((grant) => `its policy grants ${grant}, which it does not use`),
  };
}
