/**
 * The check after the build. It parses the finished program again. Each use of a global, of code made at run time or of
 * the host must be one that the analysis judged. The report must have all that the use led to.
 */
import { ColonyError } from '@colony/core';
import { generatePolicy } from '../../policy/generate.js';
import { grantOf, type Need } from '../../policy/needs.js';
import type { VirtineReport } from '../../report/types.js';
import type { Step } from '../../source/chain.js';
import { showPlace } from '../../source/place.js';
import type { Account, Uses } from '../facts/uses.js';
import { type Finished, SEAL, SEAL_CALL } from '../finish/finish.js';
import { type Node, type Parsed, parse } from '../syntax/parse.js';
import { GUEST_GLOBALS } from '../values/platform.js';
import { type LiveName, liveNames } from './live-names.js';

/** The guest's own globals that lead out of the language. */
const WATCHED: ReadonlySet<string> = new Set(
  'Date Function Math colony console crypto eval fetch globalThis host performance'.split(' '),
);

/** @throws ColonyError ERR_INTERNAL */
export function proveAccounted(finished: Finished, accounts: Uses['accounts'], report: VirtineReport): void {
  const reported = new Set(report.grants.map(({ grant, what, chain }) => keyOf(grant, what, chain)));
  const accepted = new Set(report.accepted.map(({ subject }) => subject));
  const program = parse(report.program.filename, finished.source);
  const isTold = ({ needs, refusals }: Account) =>
    needs.every(({ capability, what, chain }) => reported.has(keyOf(grantOf(capability), what, chain))) &&
    refusals.every(({ subject }) => accepted.has(subject));
  for (const use of usesIn(program, finished)) {
    const stub = subjectOfStub(use);
    const account = stub === undefined ? accounts.get(finished.originOf(use.node.start) ?? -1) : undefined;
    const isKnown = stub === undefined ? account !== undefined && isTold(account) : accepted.has(stub);
    if (!isKnown) throw notAccounted(report, `it uses \`${use.name}\``, program, use.node);
  }
  if (!isSealed(finished) && !accepted.has('eval')) throw notAccounted(report, 'it may make code at run time');
  checkGenerated(report, accounts);
}

/** Returns the live uses. A name that the compiler's own code declares stands for an import. */
function usesIn(program: Parsed, { tail, source, originOf }: Finished): LiveName[] {
  const end = source.length - tail.length;
  const isOwn = ({ start }: Node) => start >= end || (start < SEAL_CALL.length && source.startsWith(SEAL_CALL));
  return liveNames(program).filter(({ name, node, parent, declared }) => {
    if (isOwn(node) || (parent.type === 'UnaryExpression' && parent.operator === 'typeof')) return false;
    if (declared === undefined)
      return originOf(node.start) !== undefined && (WATCHED.has(name) || !GUEST_GLOBALS.has(name));
    return name === '__colony_global' || (originOf(declared.start) === undefined && !isOwn(declared));
  });
}

/** Returns the subject of a stub such as `__colony_global("process")`. */
function subjectOfStub({ name, parent }: LiveName): string | undefined {
  if (name !== '__colony_global' || parent.type !== 'CallExpression') return undefined;
  const [subject] = parent.arguments;
  return subject?.type === 'Literal' ? String(subject.value) : '';
}

const isSealed = ({ source, tail }: Finished) => source.startsWith(SEAL_CALL) && tail.endsWith(SEAL);

const keyOf = (grant: string, what: string, chain: readonly Step[]) => `${grant} ${what} ${showPlace(chain.at(-1)!)}`;

/** Checks that the policy is the least one for all needs that the analysis found. */
function checkGenerated(report: VirtineReport, accounts: Uses['accounts']): void {
  const needs: Need[] = [...accounts.values()].flatMap((account) => account.needs);
  if (JSON.stringify(generatePolicy(needs)) === JSON.stringify(report.policy)) return;
  throw notAccounted(report, 'its policy is not the one that its parts need');
}

function notAccounted(report: VirtineReport, what: string, program?: Parsed, node?: Node): ColonyError {
  const path = showPlace(report);
  const line = program === undefined || node === undefined ? undefined : program.lines.at(node.start).line;
  const where = line === undefined ? '' : ` (line ${line} of the program)`;
  const message =
    `${path}: virtine \`${report.name}\`: the built program differs from its report: ${what}${where}, and no grant ` +
    'or accepted refusal accounts for it. This is a fault of the compiler, and nothing was written. Please report it with this ' +
    'message, the version of @colony/compiler, and the packages that the virtine imports';
  return new ColonyError('ERR_INTERNAL', message, { details: { path, virtine: report.name } });
}
