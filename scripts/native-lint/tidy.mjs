// Runs clang-tidy over files, and remembers which of them passed.
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { root } from '../lib/run.mjs';
import { flagsOf } from './compiled.mjs';

const AT_ONCE = 2;
const PASSED = join(root, '.cache/native-lint/passed.json');

/** @typedef {{ file: string, flags: readonly string[], key: string }} Unit */

/** @param {string} command @param {readonly string[]} files @returns {Promise<string | undefined>} what it reports */
export async function checkTidiness(command, files) {
  const units = unitsOf(files);
  const passed = readPassed();
  const waiting = units.filter(({ key }) => !passed.has(key));
  /** @type {string[]} */
  const reports = [];
  const work = async () => {
    for (let unit = waiting.pop(); unit !== undefined; unit = waiting.pop()) {
      const report = await tidy(command, unit);
      if (report === undefined) passed.add(unit.key);
      else reports.push(report);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  writePassed(units.map(({ key }) => key).filter((key) => passed.has(key)));
  return reports.length > 0 ? reports.join('\n') : undefined;
}

/** The files that clang-tidy compiles; it reads headers through them. @param {readonly string[]} files @returns {Unit[]} */
function unitsOf(files) {
  const shared = hash(['.clang-tidy', ...files.filter((file) => file.endsWith('.h'))].map(contentOf));
  return files
    .filter((file) => !file.endsWith('.h'))
    .flatMap((file) => {
      const flags = flagsOf(file);
      return typeof flags === 'string' ? [] : [{ file, flags, key: hash([shared, file, contentOf(file), ...flags]) }];
    });
}

/** @param {string} file */
const contentOf = (file) => readFileSync(join(root, file), 'utf8');

/** @param {readonly string[]} parts */
const hash = (parts) => createHash('sha256').update(JSON.stringify(parts)).digest('hex');

/** @param {string} command @param {Pick<Unit, 'file' | 'flags'>} unit @returns {Promise<string | undefined>} */
export function tidy(command, { file, flags }) {
  return new Promise((resolve) => {
    execFile(
      command,
      ['--quiet', '--config-file=.clang-tidy', file, '--', ...flags],
      { cwd: root },
      (error, stdout, stderr) => resolve(error === null ? undefined : stdout || stderr || error.message),
    );
  });
}

/** @returns {Set<string>} */
function readPassed() {
  try {
    return new Set(JSON.parse(readFileSync(PASSED, 'utf8')));
  } catch {
    return new Set();
  }
}

/** @param {readonly string[]} keys */
function writePassed(keys) {
  mkdirSync(dirname(PASSED), { recursive: true });
  writeFileSync(PASSED, JSON.stringify(keys));
}
