// Runs clang-tidy over files, and remembers which of them passed.
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { root } from '../lib/run.mjs';
import { flagsOf } from './compiled.mjs';

const AT_ONCE = 2;
/** Hashes of what passed, with and without the analyzer. */
const PASSED = join(root, '.cache/native-lint');

/** @typedef {{ file: string, flags: readonly string[], key: string }} Unit */

/** Half of the time goes into these. */
const WITHOUT_ANALYZER = ['--checks=-clang-analyzer-*'];
const includesNode = (/** @type {Unit} */ { flags }) => flags.some((flag) => flag.includes('/include/node'));

/**
 * @param {string} command
 * @param {readonly string[]} files
 * @param {{ short?: boolean }} [options]
 * @returns {Promise<string | undefined>} what it reports
 */
export async function checkTidiness(command, files, { short = false } = {}) {
  const extra = short ? WITHOUT_ANALYZER : [];
  const units = unitsOf(files, extra).filter((unit) => !short || !includesNode(unit));
  const file = join(PASSED, short ? 'short.json' : 'passed.json');
  const passed = readPassed(file);
  const waiting = units.filter(({ key }) => !passed.has(key));
  /** @type {string[]} */
  const reports = [];
  const work = async () => {
    for (let unit = waiting.pop(); unit !== undefined; unit = waiting.pop()) {
      const report = await tidy(command, unit, extra);
      if (report === undefined) passed.add(unit.key);
      else reports.push(report);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  writePassed(
    file,
    units.map(({ key }) => key).filter((key) => passed.has(key)),
  );
  return reports.length > 0 ? reports.join('\n') : undefined;
}

/**
 * The files that clang-tidy compiles; it reads headers through them.
 * @param {readonly string[]} files @param {readonly string[]} extra @returns {Unit[]}
 */
function unitsOf(files, extra) {
  const shared = hash(['.clang-tidy', ...files.filter((file) => file.endsWith('.h'))].map(contentOf));
  return files
    .filter((file) => !file.endsWith('.h'))
    .flatMap((file) => {
      const flags = flagsOf(file);
      return typeof flags === 'string'
        ? []
        : [{ file, flags, key: hash([shared, ...extra, file, contentOf(file), ...flags]) }];
    });
}

/** @param {string} file */
const contentOf = (file) => readFileSync(join(root, file), 'utf8');

/** @param {readonly string[]} parts */
const hash = (parts) => createHash('sha256').update(JSON.stringify(parts)).digest('hex');

/**
 * @param {string} command @param {Pick<Unit, 'file' | 'flags'>} unit @param {readonly string[]} [extra]
 * @returns {Promise<string | undefined>} what it reports
 */
export function tidy(command, { file, flags }, extra = []) {
  return new Promise((resolve) => {
    execFile(
      command,
      ['--quiet', '--config-file=.clang-tidy', ...extra, file, '--', ...flags],
      { cwd: root },
      (error, stdout, stderr) => resolve(error === null ? undefined : stdout || stderr || error.message),
    );
  });
}

/** @param {string} file @returns {Set<string>} */
function readPassed(file) {
  try {
    return new Set(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    return new Set();
  }
}

/** @param {string} file @param {readonly string[]} keys */
function writePassed(file, keys) {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, JSON.stringify(keys));
}
