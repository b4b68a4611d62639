#!/usr/bin/env node
// Writes packages/docs/internals/escapes.md from the scenarios and laws themselves; `--check` says whether it is up to date.
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { escapesTable } from '../dist/hostile/table.js';

const file = fileURLToPath(new URL('../../docs/internals/escapes.md', import.meta.url));
const wanted = escapesTable();

if (process.argv.includes('--check')) {
  if (readFileSync(file, 'utf8') !== wanted) {
    console.error(
      'packages/docs/internals/escapes.md differs from the scenarios: `npm run escapes -w @colony/conformance`',
    );
    process.exitCode = 1;
  }
} else {
  writeFileSync(file, wanted);
}
