/** Explains why a grant is wider than the lock, and how a person accepts it. */
import type { GrantIncrease } from '@colony/core/capabilities';
import type { VirtineReport } from '../report/types.js';
import { showChain } from '../source/chain.js';
import { showPlace } from '../source/place.js';
import type { LockEntry } from './entry.js';
import { grantIncreases } from './grant-increases.js';
import type { Match } from './moves.js';

interface Situation {
  readonly old: LockEntry | undefined;
  readonly entry: LockEntry;
  readonly lock: string;
}

/** `file:line:column: ...`, the package, the chain of calls, and the command. */
export function describeIncrease(report: VirtineReport, wider: GrantIncrease, { old, entry, lock }: Situation): string {
  const state = old === undefined ? `it is not in ${lock}, and is granted` : `wider than ${lock} says:`;
  const head = `${showPlace(report)}: virtine \`${report.name}\`: ${state} ${wider.what}`;
  const { because, chain } = reasonFor(report, wider, old, entry);
  const way = chain === '' ? '' : `\n${chain}`;
  const advice = `if this is right: colony explain ${report.file} --accept`;
  return `${head}\n    because of ${because}${way}\n    what to do: review it; ${advice}`;
}

/** A note about a virtine that is new in the lock, or that the lock has under another name. It is not an error. */
export function describeNew(
  report: VirtineReport,
  { old, entry, lock, move, frozen }: Situation & { readonly move: Match | undefined; readonly frozen: boolean },
): string | undefined {
  const head = `${showPlace(report)}: virtine \`${report.name}\`:`;
  if (move !== undefined) {
    const how = move.exact ? 'with the same content' : 'it seems';
    const then = frozen ? 'build where CI is not set, and commit the lock' : 'its record goes along';
    return `${head} it is \`${move.from}\` of ${lock}, ${how}: ${then}`;
  }
  if (old !== undefined || frozen) return undefined;
  const accepted = (entry.accepted ?? []).map((name) => `accept '${name}'`);
  const granted = [...grantIncreases({}, entry.policy).map(({ what }) => what), ...accepted];
  return granted.length === 0 ? undefined : `${head} it is new in ${lock}, and is granted ${granted.join('; ')}`;
}

function reasonFor(
  report: VirtineReport,
  { grant, what }: GrantIncrease,
  old: LockEntry | undefined,
  entry: LockEntry,
) {
  if (grant.startsWith('limits.'))
    return { because: 'the limits of its options, the project or the profile', chain: '' };
  const accepted = report.accepted.map(({ subject, chain }) => ({ grant: 'accept', what: `'${subject}'`, chain }));
  const granted = report.written === undefined ? report.grants : [];
  const reasons = [...granted, ...accepted].filter((reason) => reason.grant === grant && isOf(reason, what));
  if (reasons.length === 0) return { because: 'the policy as written', chain: '' };
  const packageOf = (file: string) =>
    Object.keys(entry.packages).find((name) => file.includes(`node_modules/${name}/`));
  const changes = (name: string) => String(versionsIn(old, name)) !== String(versionsIn(entry, name));
  const rated = reasons.map((reason) => {
    const from = packageOf(reason.chain.at(-1)!.file);
    // The likeliest cause is a package that changed since; in it, the place that names the new grant.
    const rank = (from !== undefined && changes(from) ? 2 : 0) + (what.includes(reason.what) ? 1 : 0);
    return { reason, from, rank };
  });
  const best = rated.reduce((a, b) => (b.rank > a.rank ? b : a));
  const source = best.from === undefined ? 'the project itself' : versions(best.from, old, entry);
  return { because: `${source}: ${best.reason.what}`, chain: showChain(best.reason.chain, '      ') };
}

/** An acceptance has reasons of its own; a grant can have any reason for the same section. */
const isOf = (reason: { readonly grant: string; readonly what: string }, what: string) =>
  reason.grant !== 'accept' || what === `accept ${reason.what}`;

/** Works for a package with the name of an inherited property, too. */
const versionsIn = (entry: LockEntry | undefined, name: string): readonly string[] | undefined =>
  entry !== undefined && Object.hasOwn(entry.packages, name) ? entry.packages[name] : undefined;

function versions(name: string, old: LockEntry | undefined, entry: LockEntry): string {
  const now = entry.packages[name]!.join(', ');
  const was = versionsIn(old, name)?.join(', ');
  if (was === undefined) return `${name} ${now}${old === undefined ? '' : ', which is new'}`;
  return was === now ? `${name} ${now}` : `${name} ${was} -> ${now}`;
}
