#!/usr/bin/env node
// Writes packages/docs/internals/language.md from the results of runs in test262/; `--check` checks that it is up to
// date.
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { languagePage } from '../dist/test262/table.js';

const file = fileURLToPath(new URL('../../docs/internals/language.md', import.meta.url));
const wanted = languagePage();

if (process.argv.includes('--check')) {
  if (readFileSync(file, 'utf8') !== wanted) {
    console.error(
      'packages/docs/internals/language.md differs from the results: `npm run test262:table -w @colony/matrix`',
    );
    process.exitCode = 1;
  }
} else {
  writeFileSync(file, wanted);
}
