/** The synthesis report as one self-contained page. */
import { type Answer, escapeHtml, type Page, pageOf, type Section, tableOf } from '@colony/page';
import { refusalCode } from '../refusals/index.js';
import type { Refusal } from '../refusals/refusal.js';
import { showChain } from '../source/chain.js';
import { showPlace } from '../source/place.js';
import { sortReports } from './json.js';
import type { VirtineReport } from './types.js';
import { sectionId, virtineHtml } from './virtine-html.js';
import { kib } from './words.js';

const unique = (texts: readonly string[]) => [...new Set(texts)].sort();
const grantsOf = ({ grants }: VirtineReport) => unique(grants.map(({ grant }) => grant));

/** Answers the reader who looks at nothing else: names what the virtines may ask the host for. */
function headlineOf(reports: readonly VirtineReport[]): string {
  const [first] = reports;
  if (first === undefined) return 'No virtines';
  const grants = unique(reports.flatMap(grantsOf)).join(', ');
  if (reports.length === 1)
    return grants === '' ? `${first.name} asks the host for nothing` : `${first.name} asks the host for ${grants}`;
  const asking = reports.filter((report) => grantsOf(report).length > 0).length;
  if (asking === 0) return `${reports.length} virtines, and none asks the host for anything`;
  return `${asking} of ${reports.length} virtines ${asking === 1 ? 'asks' : 'ask'} the host for ${grants}`;
}

const badAnswer = (number: number, one: string, many: string): Answer[] =>
  number === 0 ? [] : [{ value: String(number), what: number === 1 ? one : many, mood: 'bad' }];

function answersOf(reports: readonly VirtineReport[]): Answer[] {
  const sum = (of: (report: VirtineReport) => number) => reports.reduce((total, report) => total + of(report), 0);
  const grants = unique(reports.flatMap(grantsOf));
  return [
    {
      ...{ value: String(sum(({ inside }) => inside.length)), what: 'functions and data are inside' },
      note: `${kib(sum(({ sizes }) => sizes.after))}, from ${kib(sum(({ sizes }) => sizes.before))}`,
    },
    grants.length === 0
      ? { value: 'nothing', what: 'is asked of the host', mood: 'good' }
      : {
          value: String(grants.length),
          what: grants.length === 1 ? 'kind of request' : 'kinds of request',
          note: grants.join(', '),
        },
    ...badAnswer(
      sum(({ denied = [] }) => denied.length),
      'request is denied',
      'requests are denied',
    ),
    ...badAnswer(
      sum(({ accepted }) => accepted.length),
      'part is accepted and works in no context',
      'parts are accepted and work in no context',
    ),
    ...badAnswer(
      sum(({ warnings }) => warnings.length),
      'warning',
      'warnings',
    ),
  ];
}

/** All virtines with links to their sections; one virtine needs no such table. */
function overviewOf(reports: readonly VirtineReport[]): Section[] {
  if (reports.length < 2) return [];
  const rows = reports.map((report) => [
    { text: report.name, section: sectionId(report) },
    showPlace(report),
    grantsOf(report).join(', ') || 'nothing',
    String(report.inside.length),
    kib(report.sizes.after),
    report.warnings.length === 0 ? '' : String(report.warnings.length),
  ]);
  const head = ['virtine', 'place', 'asks the host for', 'parts inside', 'size', 'warnings'];
  const html = tableOf({ title: 'Virtines', head, right: [3, 4, 5], code: [0], rows });
  return [{ id: 'virtines', title: 'Virtines', html }];
}

function refusalHtml({ rule, virtine, message, advice, chain, ...place }: Refusal): string {
  const of = virtine === '' ? '' : `virtine ${virtine}: `;
  const text = `${showPlace(place)}: ${of}${message} (${refusalCode(rule)})`;
  return [
    `<p class="bad">${escapeHtml(text)}</p>`,
    ...(chain.length === 0 ? [] : [`<pre>${escapeHtml(showChain(chain, ''))}</pre>`]),
    ...(advice === '' ? [] : [`<p>What to do: ${escapeHtml(advice)}</p>`]),
  ].join('\n');
}

const KICKER = 'Colony virtines: what is inside, and why';

function refusedPage(refusals: readonly Refusal[], sections: readonly Section[]): Page {
  const html = refusals.map(refusalHtml).join('\n');
  return {
    kicker: KICKER,
    headline: `Refused: no program was made, for ${refusals.length} ${refusals.length === 1 ? 'reason' : 'reasons'}`,
    answers: badAnswer(refusals.length, 'refusal', 'refusals'),
    sections: [{ id: 'refused', title: 'Refused', html }, ...sections],
  };
}

/** The same input gives the same bytes. `refusals`: the `details.refusals` of a failed build. */
export function reportHtml(reports: readonly VirtineReport[], refusals: readonly Refusal[] = []): string {
  const sorted = sortReports(reports);
  const sections = sorted.map((report) => ({
    id: sectionId(report),
    title: `${report.name} (${showPlace(report)})`,
    html: virtineHtml(report),
  }));
  if (refusals.length > 0) return pageOf(refusedPage(refusals, sections));
  return pageOf({
    ...{ kicker: KICKER, headline: headlineOf(sorted), answers: answersOf(sorted) },
    sections: [...overviewOf(sorted), ...sections],
  });
}
