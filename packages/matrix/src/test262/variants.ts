/** The variants of a test: strict and sloppy, or one of them, or as a module; each with the text to evaluate. */
import { readFileSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import type { TestFile } from './frontmatter.js';
import { ALWAYS, type Harness } from './harness.js';

export interface Variant {
  readonly test: TestFile;
  readonly mode: 'sloppy' | 'strict' | 'module' | 'raw';
  /** Harness files that are evaluated before the test, always sloppy (INTERPRETING.md). */
  readonly helpers: string;
  /** Empty for a module, which is one of `modules`. */
  readonly source: string;
  readonly isAsync: boolean;
  /** Modules that the test may import, by name relative to its own folder, including the module itself. */
  readonly modules: Readonly<Record<string, string>>;
}

const IMPORTED = /['"]((?:\.\.?\/)+[^'"\n]+)['"]/g;

function modesOf({ flags }: TestFile): readonly Variant['mode'][] {
  if (flags.includes('module')) return ['module'];
  if (flags.includes('raw')) return ['raw'];
  if (flags.includes('onlyStrict')) return ['strict'];
  if (flags.includes('noStrict')) return ['sloppy'];
  return ['sloppy', 'strict'];
}

/** Every corpus file that the text names, and the files that those name. A guest's names have no `..`. */
function importsOf(test: TestFile, corpus: string): Record<string, string> {
  const modules: Record<string, string> = {};
  const folder = dirname(test.path);
  const add = (text: string, from: string) => {
    for (const [, specifier] of text.matchAll(IMPORTED)) {
      const name = posix.join(from, specifier!);
      if (name.startsWith('..') || name in modules) continue;
      const source = name === posix.basename(test.path) ? test.source : read(join(corpus, folder, name));
      if (source === undefined) continue;
      modules[name] = source;
      add(source, posix.dirname(name));
    }
  };
  add(test.source, '.');
  return modules;
}

function read(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

/** Harness files that the test requests beyond the standard ones. */
function helpersOf(test: TestFile, harness: Harness): string {
  const always: readonly string[] = ALWAYS;
  const files = test.includes.filter((name) => !always.includes(name)).map((name) => harness.file(name));
  return files.join('\n');
}

export function variantsOf(test: TestFile, harness: Harness, corpus: string): readonly Variant[] {
  const isModule = test.flags.includes('module');
  const modules = isModule || /\bimport\b/.test(test.source) ? importsOf(test, corpus) : {};
  if (isModule) modules[posix.basename(test.path)] = test.source;
  const same = { test, helpers: helpersOf(test, harness), isAsync: test.flags.includes('async'), modules };
  return modesOf(test).map((mode) => ({ ...same, mode, source: textOf(mode, test) }));
}

function textOf(mode: Variant['mode'], { source }: TestFile): string {
  if (mode === 'module') return '';
  return mode === 'strict' ? `"use strict";\n${source}` : source;
}
