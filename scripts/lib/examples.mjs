// Reads the examples of a Markdown page: fenced blocks marked `runnable`, and files marked `file=NAME`.

/** @typedef {{ language: string, line: number, source: string }} Example */

/**
 * @typedef {object} Page
 * @property {ReadonlyMap<string, string>} files that the page's examples read, by name
 * @property {readonly Example[]} examples
 * @property {readonly number[]} unmarked lines of `ts` blocks that are neither run nor marked as not runnable: nobody
 *   would notice if they became wrong
 */

const FENCE = /^```(\w+)([^\n]*)\n([\s\S]*?)^```$/gm;

/** @param {string} markdown @returns {Page} */
export function readPage(markdown) {
  /** @type {Map<string, string>} */
  const files = new Map();
  /** @type {Example[]} */
  const examples = [];
  /** @type {number[]} */
  const unmarked = [];
  for (const { 1: language = '', 2: marks = '', 3: source = '', index } of markdown.matchAll(FENCE)) {
    const line = markdown.slice(0, index).split('\n').length;
    const name = /\bfile=(\S+)/.exec(marks)?.[1];
    if (name !== undefined) files.set(name, source);
    else if (/\brunnable\b/.test(marks)) examples.push({ language, line, source });
    else if (language === 'ts' && !/\bfragment\b/.test(marks)) unmarked.push(line);
  }
  return { files, examples, unmarked };
}

/** The output that an example announces: the comments after `console.log(...);`. @param {string} source */
export function expectedOutput(source) {
  return [...source.matchAll(/^.*console\.log\(.*\);\s*\/\/ (.*)$/gm)].map((match) => match[1] ?? '');
}
