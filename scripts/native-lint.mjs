#!/usr/bin/env node
// Checks C and C++: their form with clang-format, as .clang-format has it, and their code with clang-tidy, with the checks
// of .clang-tidy, on two files at a time. That takes about a minute of two processors. So tests of C++ are only formatted,
// and so are programs that misbehave on purpose: compiled.mjs has the reasons. A file that passed is checked again when
// it, a header, its flags or a rule changes. The last line printed is `N passed, N failed, N skipped`, as `npm test` counts.
//   node scripts/native-lint.mjs           checks
//   node scripts/native-lint.mjs --short   without clang's analyzer, and without files that include Node's headers: for `npm test`
//   node scripts/native-lint.mjs --write   formats, and checks nothing
import { spawnSync } from 'node:child_process';
import { filesBelow } from './lib/files.mjs';
import { root } from './lib/run.mjs';
import { CLANG_TOOLS, clangTool } from './lib/tools.mjs';
import { checkTidiness } from './native-lint/tidy.mjs';

const files = filesBelow().filter((file) => /\.(?:c|cc|h)$/.test(file));

/** @param {string} command @param {readonly string[]} args @returns {string | undefined} its complaints */
function format(command, args) {
  const { status, stderr } = spawnSync(command, [...args, ...files], { cwd: root, encoding: 'utf8' });
  return status === 0 ? undefined : stderr;
}

const counts = { passed: 0, failed: 0, skipped: 0 };

/** @param {string} name @param {(command: string) => Promise<string | undefined>} check resolves to its complaints */
async function run(name, check) {
  const command = clangTool(name);
  if (command === undefined) {
    counts.skipped += 1;
    return console.log(`SKIPPED ${name}: version ${CLANG_TOOLS} is missing (apt-get install ${name}-${CLANG_TOOLS})`);
  }
  const complaints = await check(command);
  if (complaints === undefined) counts.passed += 1;
  else {
    counts.failed += 1;
    console.log(`${complaints.trimEnd()}\nFAILED ${name}`);
  }
}

if (process.argv.includes('--write')) await run('clang-format', async (command) => format(command, ['-i']));
else {
  await run('clang-format', async (command) => format(command, ['--dry-run', '--Werror']));
  await run('clang-tidy', (command) => checkTidiness(command, files, { short: process.argv.includes('--short') }));
}
console.log(`${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`);
process.exitCode = counts.failed > 0 ? 1 : 0;
