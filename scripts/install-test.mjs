#!/usr/bin/env node
// Installs the packed tarballs as users do: every package manager, no compiler in the PATH, no install script. Then
// runs the README's example in every Node. Prints `N passed, N failed, N skipped`.
//   --only WORD   only the parts whose titles contain it
import { installTest } from './release/install.mjs';
import { parts } from './release/parts.mjs';
import { withTarballs } from './release/tarballs.mjs';

const at = process.argv.indexOf('--only');
const only = at < 0 ? '' : (process.argv[at + 1] ?? '');
const report = parts(only);
await withTarballs((tarballs) => installTest(tarballs, report));
report.finish();
