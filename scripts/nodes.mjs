#!/usr/bin/env node
// Runs the tests under each runtime that Colony supports: Node 20.19, 22, 24 and 26, and the common part under bun and
// deno. The binaries are npm packages, kept in .cache/nodes; logs are in .cache/logs.
//   --node 22,24     only under these Nodes          --runtime bun,deno   only under these runtimes
//   --project core   only these projects             --short              the short programs only, under 22, 24, 26, bun, deno
// Ends with the table of runtimes and projects, and the line `N passed, N failed, N skipped`.
import { parseArgs } from 'node:util';
import { printSkipped } from './lib/reporter.mjs';
import { CommandFailed } from './lib/run.mjs';
import { style } from './lib/terminal.mjs';
import { PROGRAMS, PROJECTS, runProject, runsUnder } from './nodes/projects.mjs';
import { fetchRuntime, RUNTIMES, titleOf } from './nodes/runtimes.mjs';
import { formatTable, joinSkips } from './nodes/table.mjs';
import { SetupFailed, setup } from './setup.mjs';

/** @typedef {import('./nodes/table.mjs').Row} Row */

function readOptions() {
  const { values } = parseArgs({
    options: {
      node: { type: 'string' },
      runtime: { type: 'string' },
      project: { type: 'string' },
      short: { type: 'boolean', default: false },
    },
  });
  const names = [values.node, values.runtime].flatMap((list) => list?.split(',') ?? []);
  const projects = values.project?.split(',') ?? (values.short ? [PROGRAMS] : PROJECTS);
  const unknown = [...names.filter(isNoRuntime), ...projects.filter((name) => !PROJECTS.includes(name))];
  if (unknown.length > 0) {
    const known = RUNTIMES.map(({ name }) => name).join(', ');
    throw new SetupFailed(`not known: ${unknown.join(', ')}. Runtimes: ${known}. Projects: ${PROJECTS.join(', ')}.`);
  }
  return { projects, runtimes: pick(names, values.short), short: values.short };
}

/** @param {string} name */
const isNoRuntime = (name) => !RUNTIMES.some((runtime) => runtime.name === name);

/**
 * The short form leaves out the floor version, because it is closest to most machines' Node.
 * @param {readonly string[]} names
 * @param {boolean} short
 */
function pick(names, short) {
  if (names.length > 0) return RUNTIMES.filter(({ name }) => names.includes(name));
  return short ? RUNTIMES.slice(1) : RUNTIMES;
}

/** @param {ReturnType<typeof readOptions>} options @returns {Promise<Row[]>} */
async function runAll({ runtimes, projects }) {
  /** @type {Row[]} */
  const rows = [];
  for (const runtime of runtimes) {
    console.log(style('bold', `${titleOf(runtime)} (${runtime.version})`));
    const binary = await fetchRuntime(runtime);
    /** @type {Row} */
    const row = { title: titleOf(runtime), cells: {} };
    rows.push(row);
    for (const project of projects) {
      if (runsUnder(runtime, project)) row.cells[project] = await runProject(project, runtime, binary);
    }
  }
  return rows;
}

/** @param {readonly Row[]} rows @param {readonly string[]} projects @param {boolean} short */
function report(rows, projects, short) {
  const cells = rows.flatMap(({ title, cells }) =>
    Object.entries(cells).map(([project, summary]) => ({ where: `${title} ${project}`, ...summary })),
  );
  const passed = cells.reduce((sum, cell) => sum + cell.passed, 0);
  const failed = cells.flatMap(({ where, failed }) => failed.map((name) => `${where}: ${name}`));
  const skipped = cells.flatMap(({ where, skipped }) =>
    skipped.map(({ name, reason }) => ({ name: `${where}: ${name}`, reason })),
  );
  // Prints lines that scripts/test.mjs reads; for thousands of tests, prints each reason once with the number of its
  // tests.
  if (short) for (const { name, reason } of skipped) console.log(`SKIPPED ${name}: ${reason}`);
  else printSkipped(joinSkips(rows));
  for (const name of failed) console.log(`FAILED ${name.replace(/\s*\n\s*/g, ' ')}`);
  console.log(`\n${formatTable(rows, projects)}\n`);
  console.log(`${passed} passed, ${failed.length} failed, ${skipped.length} skipped`);
  process.exitCode = failed.length > 0 ? 1 : 0;
}

try {
  const options = readOptions();
  await setup({ quiet: true, tests: !options.short });
  report(await runAll(options), options.projects, options.short);
} catch (error) {
  if (!(error instanceof SetupFailed || error instanceof CommandFailed)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
