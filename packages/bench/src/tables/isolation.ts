/** The first table: the boundary of each subject, what it does not protect, how it was tested, and its cost. */
import { ATTACKS } from '../isolation/attacks.js';
import { BOUNDARIES, type Boundary } from '../isolation/boundaries.js';
import type { BackendLaws, PeerProbes, ThemeCounts } from '../isolation/results.js';
import type { Isolation, IsolationRow, Report } from '../report/index.js';
import type { Grid } from './grid.js';
import { amount } from './units.js';

const sum = (laws: BackendLaws, of: keyof ThemeCounts) =>
  Object.values(laws.themes).reduce((total, counts) => total + counts[of], 0);

function lawsInShort(laws: BackendLaws): string {
  if (laws.problem !== null) return `laws not run: ${laws.problem}`;
  const [passed, refused, failed] = [sum(laws, 'passed'), sum(laws, 'refused'), sum(laws, 'failed')];
  return `${passed} of ${passed + failed} laws${refused > 0 ? `, ${refused} refused` : ''}${failed > 0 ? ', BROKEN' : ''}`;
}

function probesInShort({ results }: PeerProbes): string {
  const all = Object.values(results);
  const count = (outcome: string) => all.filter((result) => result.outcome === outcome).length;
  const tried = all.length - count('not tried');
  return tried === 0 ? 'attacks not tried' : `${count('withstood')} of ${tried} attacks`;
}

/** Law results for Colony's backends; attack results for peers; otherwise a note that nothing was tested. */
function testedOf(row: IsolationRow, { laws, probes }: Isolation): string {
  const ofBackend = laws.find(({ backend }) => backend === row.backend);
  const ofPeer = probes.find(({ peer }) => peer === row.peer);
  const said = [...(ofBackend ? [lawsInShort(ofBackend)] : []), ...(ofPeer ? [probesInShort(ofPeer)] : [])];
  return said.length > 0 ? said.join('; ') : 'not tested';
}

/** Strongest first; `BOUNDARIES` is in ascending order. */
const ORDER = (Object.keys(BOUNDARIES) as Boundary[]).reverse();
/** Unmeasured subjects come last. */
const byCost = (a: IsolationRow, b: IsolationRow) => (a.cost ?? Infinity) - (b.cost ?? Infinity);

function costOf({ cost, most, unit }: IsolationRow): string {
  if (cost === null) return 'not measured';
  return most === null ? amount(cost, unit) : `${amount(cost, unit)} .. ${amount(most, unit)}`;
}

/** Boundaries, their subjects and costs, and a column for tests if any ran. */
export function isolationGrid(report: Report): Grid {
  const { isolation } = report;
  const ran = isolation.laws.length + isolation.probes.length > 0;
  const rows = ORDER.flatMap((boundary) => {
    const own = isolation.rows.filter((row) => row.boundary === boundary && row.unit === 'us');
    const others = isolation.rows.filter((row) => row.boundary === boundary && row.unit !== 'us');
    if (own.length + others.length === 0) return [];
    const { what, leaves } = BOUNDARIES[boundary];
    const cells = [...own.sort(byCost), ...others].map((row) => [
      { text: row.subject, note: row.what },
      costOf(row),
      ...(ran ? [testedOf(row, isolation)] : []),
    ]);
    return [`${boundary}: ${what}. Not protected: ${leaves}.`, ...cells];
  });
  return {
    id: 'isolation',
    title: 'Isolation beside cost',
    head: ['boundary, and subjects that have it', 'cost (median)', ...(ran ? ['tests'] : [])],
    right: [1],
    code: [0],
    rows,
    notes: ran
      ? []
      : [
          'Nothing was tested in this run. With --laws, the conformance laws and a few attacks are counted for this code.',
        ],
  };
}

const cell = ({ passed, refused, skipped, failed }: ThemeCounts) =>
  [
    `${passed} of ${passed + failed}`,
    ...(refused > 0 ? [`${refused} refused`] : []),
    ...(skipped > 0 ? [`${skipped} skipped`] : []),
  ].join(', ');

/** Themes by backends. */
export function lawsGrid({ isolation: { laws } }: Report): Grid | undefined {
  const done = laws.filter(({ problem }) => problem === null);
  if (done.length === 0) return undefined;
  const themes = [...new Set(done.flatMap((laws) => Object.keys(laws.themes)))];
  return {
    id: 'laws',
    title: 'Conformance laws passed, by theme',
    head: ['theme', ...done.map(({ backend }) => backend)],
    right: [],
    rows: themes.map((theme) => [theme, ...done.map(({ themes: own }) => (own[theme] ? cell(own[theme]) : ''))]),
    notes: [
      '"Refused": the backend lacks a capability and reports that, as a law demands. "Skipped": the law is not about this backend.',
      ...done.flatMap(({ backend, failures }) => failures.map((failure) => `${backend} broke a law: ${failure}`)),
    ],
  };
}

const WORDS = { withstood: 'yes', 'gave way': 'NO', 'not tried': 'not tried' } as const;

/** Peers by attacks; `answers` adds the result of each. */
export function probesGrid({ isolation: { probes } }: Report, answers: boolean): Grid | undefined {
  if (probes.length === 0) return undefined;
  return {
    id: 'attacks',
    title: 'Attacks that were tried',
    head: ['on', ...ATTACKS.map(({ holds }) => holds)],
    right: [],
    rows: probes.map(({ peer, results }) => [
      peer,
      ...ATTACKS.map(({ id }) => {
        const result = results[id];
        if (result === undefined) return 'not tried';
        return answers ? `${WORDS[result.outcome]}: ${result.answer}` : WORDS[result.outcome];
      }),
    ]),
    notes: [
      'A few known ways, each in a process of its own: a subject that withstands them is not proved safe. State is tried within one instance; a fresh instance for each call costs what its cold start does. The backends of Colony are tried with fresh calls: a kept subject keeps state on purpose.',
    ],
  };
}
