/** The cards that answer a suite's question: its most important figures, and what changed. */
import type { Answer } from '@colony/page';
import type { Comparison } from '../compare.js';
import type { Report, TargetRow } from '../report/index.js';
import { amount, factor } from '../tables/units.js';

const MOODS: Partial<Record<TargetRow['verdict'], 'good' | 'bad'>> = { reached: 'good', missed: 'bad' };

/** `1.15 times the floor c.entry, at most 1.3 wanted`. */
function noteOf(report: Report, subject: string, target: TargetRow | undefined): string {
  const rows = report.summary.filter((row) => row.subject === subject);
  const row = rows.find(({ floor }) => floor === (target?.floor ?? floor));
  if (row?.ratio == null) return subject;
  const wanted = target?.floor === row.floor ? `, at most ${factor(target.atMost)} wanted` : '';
  return `${subject}: ${factor(row.ratio)} times ${row.floor}${wanted}`;
}

/** Only figures that were measured have a card. */
function figureAnswers(report: Report): Answer[] {
  return Object.entries(report.headline.answers).flatMap(([subject, what]) => {
    const row = report.summary.find((measured) => measured.subject === subject);
    if (row === undefined) return [];
    const target = report.targets.find((candidate) => candidate.subject === subject);
    const mood = target && MOODS[target.verdict];
    const note = noteOf(report, subject, target);
    return [{ value: amount(row.median, row.unit), what, note, ...(mood === undefined ? {} : { mood }) }];
  });
}

/** Reports are of one suite, so `slower` and `faster` are about its subjects. */
function changeAnswers({ rows }: Comparison): Answer[] {
  const count = (change: string) => rows.filter((row) => row.change === change).length;
  const [slower, faster] = [count('slower'), count('faster')];
  if (rows.some(({ change }) => change === 'too few trials')) return [];
  const mood = slower > 0 ? ({ mood: 'bad' } as const) : faster > 0 ? ({ mood: 'good' } as const) : {};
  const note = `of ${rows.length} subjects, beyond the noise`;
  return [{ value: `${slower} slower, ${faster} faster`, what: 'than in the old report', note, ...mood }];
}

export const answersOf = (report: Report, comparison?: Comparison): Answer[] => [
  ...(comparison === undefined ? [] : changeAnswers(comparison)),
  ...figureAnswers(report),
];
