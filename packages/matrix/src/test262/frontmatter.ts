/** Reads the metadata of a test (test262's INTERPRETING.md) and removes the additions of Mozilla's import. */
import { parse } from 'yaml';

export type Phase = 'parse' | 'resolution' | 'runtime';

export interface Attributes {
  readonly includes: readonly string[];
  readonly flags: readonly string[];
  readonly features: readonly string[];
  readonly negative?: { readonly phase: Phase; readonly type: string };
}

export interface TestFile extends Attributes {
  /** Relative to test262's folder: `language/types/...`. */
  readonly path: string;
  readonly source: string;
}

/** Mozilla's import adds a first line for its own runner, a directive in strict variants, and a call at the end. */
export function original(text: string, path: string): string {
  let source = text.replace(/^\/\/ \|reftest\|.*\n/, '').replace(/\nreportCompare\(0, 0\);\n$/, '\n');
  if (path.endsWith('-strict.js')) source = source.replace(/^'use strict';\n/, '');
  return source;
}

/** Undefined without frontmatter: the file is then a fixture, not a test. @throws Error for invalid frontmatter */
export function readTest(text: string, path: string): TestFile | undefined {
  const source = original(text, path);
  const yaml = /\/\*---\r?\n?([\s\S]*?)---\*\//.exec(source)?.[1];
  if (yaml === undefined) return undefined;
  const attributes = parse(yaml.replace(/\r\n?/g, '\n')) as Partial<Attributes> | null;
  if (attributes === null || typeof attributes !== 'object') throw new Error(`${path}: no frontmatter`);
  const { includes = [], flags = [], features = [], negative } = attributes;
  return { path, source, includes, flags, features, ...(negative === undefined ? {} : { negative }) };
}
