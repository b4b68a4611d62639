/** One self-contained page: a question, its answers, contents, and sections. */
import { createHash } from 'node:crypto';
import { escapeHtml } from './escape.js';
import { GRAPH_CLASS, GRAPH_SCRIPT } from './graph.js';
import { STYLE } from './style.js';

/** A card below the headline. */
export interface Answer {
  /** A figure or a name, set large. */
  readonly value: string;
  readonly what: string;
  readonly note?: string;
  readonly mood?: 'good' | 'bad';
}

export interface Section {
  readonly id: string;
  readonly title: string;
  /** HTML; callers escape what they did not write. */
  readonly html: string;
}

export interface Page {
  /** The kind of the page, above the headline; with the headline it is the title of the window. */
  readonly kicker: string;
  /** The question that the page answers, or the answer itself. */
  readonly headline: string;
  /** A line that a reader must not miss. */
  readonly warning?: string;
  readonly answers?: readonly Answer[];
  /** Lines below the answers. */
  readonly notes?: readonly string[];
  /** Sections without content are left out. */
  readonly sections: readonly Section[];
}

function answerOf({ value, what, note, mood }: Answer): string {
  const small = note === undefined ? '' : `<small>${escapeHtml(note)}</small>`;
  return `<li${mood === undefined ? '' : ` class="${mood}"`}><b>${escapeHtml(value)}</b>${escapeHtml(what)}${small}</li>`;
}

const listOf = (tag: string, name: string, items: readonly string[]) =>
  items.length === 0 ? '' : `<${tag} class="${name}">${items.join('\n')}</${tag}>\n`;

function headerOf({ kicker, headline, warning, answers = [], notes = [] }: Page): string {
  const warned = warning === undefined ? '' : `<p class="warning">${escapeHtml(warning)}</p>\n`;
  const lines = notes.map((note) => `<p class="note">${escapeHtml(note)}</p>`).join('\n');
  return `<header><p class="kicker">${escapeHtml(kicker)}</p>
<h1>${escapeHtml(headline)}</h1>
${warned}${listOf('ul', 'answers', answers.map(answerOf))}${lines}
</header>
`;
}

function contentsOf(sections: readonly Section[]): string {
  if (sections.length < 2) return '';
  const links = sections.map(({ id, title }) => `<li><a href="#${escapeHtml(id)}">${escapeHtml(title)}</a></li>`);
  return `<nav aria-label="Contents">${listOf('ul', 'contents', links)}</nav>\n`;
}

/** Nothing is loaded, and no script runs but the one whose hash is given. */
function policyOf(script: string): string {
  const hash = `'sha256-${createHash('sha256').update(script).digest('base64')}'`;
  return `default-src 'none'; style-src 'unsafe-inline'; img-src data:${script === '' ? '' : `; script-src ${hash}`}`;
}

/** The same page gives the same bytes. */
export function pageOf(page: Page): string {
  const sections = page.sections.filter(({ html }) => html !== '');
  const body = sections.map(
    ({ id, title, html }) => `<section id="${escapeHtml(id)}"><h2>${escapeHtml(title)}</h2>\n${html}</section>`,
  );
  const script = sections.some(({ html }) => html.includes(`class="${GRAPH_CLASS}"`)) ? GRAPH_SCRIPT : '';
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policyOf(script)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(`${page.kicker}: ${page.headline}`)}</title>
<link rel="icon" href="data:,">
<style>${STYLE}</style>
</head>
<body>
${headerOf(page)}${contentsOf(sections)}<main>
${body.join('\n')}
</main>
${script === '' ? '' : `<script>${script}</script>\n`}</body>
</html>
`;
}
