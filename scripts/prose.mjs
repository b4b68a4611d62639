#!/usr/bin/env node
// The prose check: fails on sentences that break the rules of CONTRIBUTING's "English".
//   node scripts/prose.mjs
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { filesBelow } from './lib/files.mjs';
import { root } from './lib/run.mjs';
import { paragraphsOf } from './prose/paragraphs.mjs';
import { brokenRule, sentencesOf } from './prose/rules.mjs';

const READ = /\.(?:m?[jt]s|c|cc|h|S|md)$/;
const NOT_READ =
  /\.generated\.|^CHANGELOG|^packages\/docs\/internals\/escapes\.md|\/fixtures\/|^packages\/guest\/include\/colony\/abi\.h/;

const files = filesBelow().filter((file) => READ.test(file) && !NOT_READ.test(file));
const broken = files.flatMap((file) =>
  paragraphsOf(file, readFileSync(join(root, file), 'utf8')).flatMap(({ line, text }) =>
    sentencesOf(text).flatMap((sentence) => {
      const rule = brokenRule(sentence);
      return rule === undefined ? [] : [{ file, line, rule, sentence }];
    }),
  ),
);

for (const { file, line, rule, sentence } of broken) console.error(`${file}:${line}: ${rule}: ${sentence}`);
console.log(`prose: ${files.length} files, ${broken.length} sentences break a rule`);
process.exitCode = broken.length > 0 ? 1 : 0;
