/** Takes the examples out of a Markdown page: fenced blocks marked `runnable`, and files marked `file=NAME`. */

export interface Example {
  readonly language: string;
  readonly line: number;
  readonly source: string;
}

export interface Page {
  /** Files that the page's examples read, by name. */
  readonly files: ReadonlyMap<string, string>;
  readonly examples: readonly Example[];
  /** Blocks in `ts` that are neither run nor marked as not to be: nobody would notice when they rot. */
  readonly unmarked: readonly number[];
}

const FENCE = /^```(\w+)([^\n]*)\n([\s\S]*?)^```$/gm;

export function readPage(markdown: string): Page {
  const files = new Map<string, string>();
  const examples: Example[] = [];
  const unmarked: number[] = [];
  for (const { 1: language = '', 2: marks = '', 3: source = '', index } of markdown.matchAll(FENCE)) {
    const line = markdown.slice(0, index).split('\n').length;
    const name = /\bfile=(\S+)/.exec(marks)?.[1];
    if (name !== undefined) files.set(name, source);
    else if (/\brunnable\b/.test(marks)) examples.push({ language, line, source });
    else if (language === 'ts' && !/\bfragment\b/.test(marks)) unmarked.push(line);
  }
  return { files, examples, unmarked };
}

/** What an example says that it prints: the comments behind `console.log(...);`. */
export function expectedOutput(source: string): string[] {
  return [...source.matchAll(/^.*console\.log\(.*\);\s*\/\/ (.*)$/gm)].map((match) => match[1] ?? '');
}
