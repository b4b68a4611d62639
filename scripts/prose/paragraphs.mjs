// The text that people read: comments of TypeScript, JavaScript, C and C++, and paragraphs of Markdown.
import ts from 'typescript';

/** @typedef {{ line: number, text: string }} Paragraph */

/** @param {string} name @param {string} text @returns {Paragraph[]} */
export function paragraphsOf(name, text) {
  if (name.endsWith('.md')) return markdown(text);
  const comments = /\.m?[jt]s$/.test(name) ? typescript(name, text) : native(text);
  return joined(text, comments).flatMap(({ start, body }) => split(lineOf(text, start), body));
}

/** @param {string} text @param {number} at */
const lineOf = (text, at) => text.slice(0, at).split('\n').length;

/** Returns comments, but not strings, templates and regular expressions that look like one. @param {string} name @param {string} text */
function typescript(name, text) {
  const source = ts.createSourceFile(name, text, ts.ScriptTarget.Latest, true);
  /** @type {Map<number, ts.CommentRange>} */
  const ranges = new Map();
  /** @param {ts.Node} node */
  const visit = (node) => {
    if (node.kind === ts.SyntaxKind.JsxText) return;
    for (const range of ts.getLeadingCommentRanges(text, node.pos) ?? []) ranges.set(range.pos, range);
    for (const range of ts.getTrailingCommentRanges(text, node.end) ?? []) ranges.set(range.pos, range);
    for (const child of node.getChildren(source))
      if (child.kind < ts.SyntaxKind.FirstJSDocNode || child.kind > ts.SyntaxKind.LastJSDocNode) visit(child);
  };
  visit(source);
  return [...ranges.values()]
    .sort((a, b) => a.pos - b.pos)
    .map(({ pos, end }) => ({ start: pos, end, body: text.slice(pos, end) }));
}

const NATIVE = /"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|\/\/[^\n]*|\/\*[\s\S]*?\*\//g;

/** @param {string} text */
const native = (text) =>
  [...text.matchAll(NATIVE)]
    .filter(([match]) => match.startsWith('/'))
    .map((match) => ({ start: match.index, end: match.index + match[0].length, body: match[0] }));

/** @typedef {{ start: number, end: number, body: string }} Comment */

/** Joins line comments that stand one below the other, without code or an empty line between them. @param {string} text @param {Comment[]} comments */
function joined(text, comments) {
  /** @type {Comment[]} */
  const all = [];
  for (const comment of comments) {
    const last = all.at(-1);
    const isNext =
      last?.body.startsWith('//') &&
      comment.body.startsWith('//') &&
      /^\n?[^\S\n]*$/.test(text.slice(last.end, comment.start));
    if (last !== undefined && isNext)
      all[all.length - 1] = { ...last, end: comment.end, body: `${last.body}\n${comment.body}` };
    else all.push(comment);
  }
  return all;
}

/** Paragraphs of a comment, without its marks, code and tags. @param {number} line @param {string} body @returns {Paragraph[]} */
function split(line, body) {
  const text = body
    .replace(/```[\s\S]*?```/g, '')
    .split('\n')
    .map((part) => part.replace(/^\s*(?:\/\*\*?|\*\/|\*|\/\/\/?)\s?/, '').replace(/\s*\*\/\s*$/, ''))
    .map((part) =>
      /biome-ignore|^\s{2,}|[│─┌└<>|]{2}|^\||^@(?:type|typedef|property|template)\b/.test(part) ? '' : part,
    )
    .join('\n')
    .replace(/@(?:param(?: \{[^}]*\})? \S+|returns\b(?: \{[^}]*\})?|throws\b)/g, '\n\n');
  return text
    .split(/\n\s*\n/)
    .filter((paragraph) => paragraph.trim() !== '')
    .map((paragraph) => ({ line, text: paragraph }));
}

/** @param {string} text @returns {Paragraph[]} */
function markdown(text) {
  const plain = text.replace(/```[\s\S]*?```/g, (code) => code.replace(/[^\n]/g, ''));
  return plain.split(/\n\s*\n/).flatMap((part) => {
    const line = lineOf(plain, plain.indexOf(part));
    if (/^\s*[|<#]/.test(part)) return [];
    return part
      .split(/\n(?=\s*(?:[-*]|\d+\.) )/)
      .map((item) => ({ line, text: item.replace(/^\s*(?:[-*]|\d+\.) /, '') }));
  });
}
