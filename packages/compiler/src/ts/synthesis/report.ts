/** Makes the report of a program. */
import { createHash } from 'node:crypto';
import { js } from '@colony/core';
import { effectivePolicy } from '../../policy/effective.js';
import { generatePolicy, reasonsOf } from '../../policy/generate.js';
import type { ModuleSize, VirtineReport } from '../../report/types.js';
import { showPlace } from '../../source/place.js';
import { againWarnings, type MadeAgain } from '../facts/again.js';
import { describeInside, initialisationOf, modulesOf, stateWarnings } from '../facts/inside.js';
import { localityWarnings } from '../facts/locality.js';
import { foreignStateWarnings } from '../facts/state.js';
import type { Acceptance, Analysis } from './analysis.js';
import type { SynthesisInput } from './input.js';

/** The results that a report describes besides the analysis. */
export interface Reported {
  readonly source: string;
  readonly acceptance: Acceptance;
  /** Warnings about the written policy. */
  readonly policyWarnings: readonly string[];
  /** Values of the program that differ from those of the host. */
  readonly again: readonly MadeAgain[];
}

export function reportOf(input: SynthesisInput, analysis: Analysis, reported: Reported): VirtineReport {
  const { site, capture, bundled, sources } = input;
  const { written, profiled } = sources;
  const { graph, uses } = analysis;
  const { name, ...place } = analysis.own;
  const { source, acceptance } = reported;
  const filename = `${place.file}.${name}.virtine.js`;
  const least = generatePolicy(uses.needs);
  const modules = modulesOf(bundled.metafile);
  return {
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
    effective: effectivePolicy({ least, ...sources }),
    ...(profiled && { profiled }),
    ...(written.policy && { written: written.policy }),
    grants: reasonsOf(uses.needs),
    accepted: acceptedIn(analysis, acceptance),
    initialisation: initialisationOf(graph),
    sizes: {
      before: modules.reduce((sum, { before }) => sum + before, 0),
      after: Buffer.byteLength(source),
      map: Buffer.byteLength(bundled.map),
    },
    warnings: warningsOf(input, analysis, reported, modules),
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

/** Accepted `eval` works everywhere, even if the analysis has found no use. */
function acceptedIn({ own }: Analysis, { accepted, makesCode }: Acceptance): VirtineReport['accepted'] {
  const reported = accepted.map(({ subject, chain }) => ({ subject, chain }));
  const hasUse = accepted.some(({ subject }) => subject === 'eval');
  return makesCode && !hasUse ? [...reported, { subject: 'eval', chain: [own] }] : reported;
}

const BACK =
  'a module that it needs imports this file back, so that all that the file does when it is loaded is inside';

function warningsOf(
  input: SynthesisInput,
  analysis: Analysis,
  { policyWarnings, again }: Reported,
  modules: readonly ModuleSize[],
): string[] {
  const { own, scopes, graph, uses } = analysis;
  const about = (text: string) => `${showPlace(own)}: virtine \`${own.name}\`: ${text}`;
  const isImportedBack = modules.filter(({ file }) => file === own.file).length > 1;
  return [
    ...input.capture.warnings,
    ...(isImportedBack ? [about(BACK)] : []),
    ...uses.notes,
    ...localityWarnings(scopes, graph, own.name),
    ...policyWarnings.map(about),
    ...stateNotes(input, analysis).map((text) => `${text} (virtine \`${own.name}\`)`),
    ...againWarnings(again, own.name),
  ];
}

/** Keeps the first warning of each place: effects of the program itself are more precise than those of its modules. */
function stateNotes({ around, bundled }: SynthesisInput, { scopes, graph }: Analysis): string[] {
  const placeIn = (text: string) => text.slice(0, text.indexOf(': '));
  const own = stateWarnings(scopes, graph);
  const places = new Set(own.map(placeIn));
  const foreign = foreignStateWarnings({ ...around, files: bundled.inputs }, graph);
  return [...own, ...foreign.filter((text) => !places.has(placeIn(text)))];
}
