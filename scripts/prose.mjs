#!/usr/bin/env node
// The prose check: sentences that break the rules of CONTRIBUTING's "English", by package. A package may have no more of them
// than `scripts/prose/known.json` says, and the number there only goes down.
//   node scripts/prose.mjs [--list [FOLDER]] [--update]
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { filesBelow } from './lib/files.mjs';
import { root } from './lib/run.mjs';
import { paragraphsOf } from './prose/paragraphs.mjs';
import { brokenRule, sentencesOf } from './prose/rules.mjs';

const READ = /\.(?:m?[jt]s|c|cc|h|S|md)$/;
const NOT_READ =
  /\.generated\.|^CHANGELOG|^packages\/docs\/internals\/escapes\.md|\/fixtures\/|^packages\/guest\/include\/colony\/abi\.h/;
const KNOWN = join(root, 'scripts/prose/known.json');

/** `packages/core`, `scripts`, or `.` for the texts at the root. @param {string} file */
const groupOf = (file) => /^packages\/[^/]+|^[^/]+(?=\/)/.exec(file)?.[0] ?? '.';

const files = filesBelow().filter((file) => READ.test(file) && !NOT_READ.test(file));
const broken = files.flatMap((file) =>
  paragraphsOf(file, readFileSync(join(root, file), 'utf8')).flatMap(({ line, text }) =>
    sentencesOf(text).flatMap((sentence) => {
      const rule = brokenRule(sentence);
      return rule === undefined ? [] : [{ file, line, rule, sentence }];
    }),
  ),
);

/** @type {Record<string, number>} */
const counts = {};
for (const { file } of broken) counts[groupOf(file)] = (counts[groupOf(file)] ?? 0) + 1;

const [option, folder = ''] = process.argv.slice(2);
if (option === '--list') {
  for (const { file, line, rule, sentence } of broken.filter((finding) => finding.file.startsWith(folder)))
    console.log(`${file}:${line}: ${rule}: ${sentence}`);
}
const known = JSON.parse(readFileSync(KNOWN, 'utf8'));
if (option === '--update')
  writeFileSync(KNOWN, `${JSON.stringify(Object.fromEntries(Object.entries(counts).sort()), null, 2)}\n`);
else {
  const more = Object.entries(counts).filter(([group, count]) => count > (known[group] ?? 0));
  for (const [group, count] of more)
    console.error(
      `${group}: ${count} sentences break a rule, ${known[group] ?? 0} are known: node scripts/prose.mjs --list ${group}`,
    );
  const sum = Object.values(counts).reduce((total, count) => total + count, 0);
  console.log(
    `prose: ${files.length} files, ${sum} sentences of before the rules, ${more.length} packages with new ones`,
  );
  process.exitCode = more.length > 0 ? 1 : 0;
}
