#!/usr/bin/env node
// Proves that a fresh machine needs only what set-up installs. It runs the README's two commands in a minimal Debian with
// this machine's Node, a C++ compiler, make and git. A clone of HEAD is in a home folder of mode 0700.
//
//   node scripts/fresh.mjs [options]      root; bubblewrap and debootstrap are installed if they are missing
//     --as root|user|both   who runs the commands: both. The user cannot install packages, so those that
//                           `node scripts/setup.mjs --packages` names are installed beforehand
//     --only start|test     one of the two commands: both
//     --keep                leaves the file system in .cache/fresh, for inspection
import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { join, relative } from 'node:path';
import { parseArgs } from 'node:util';
import { enter } from './fresh/enter.mjs';
import { baseSystem, copyOf, placeClone, placeNode } from './fresh/system.mjs';
import { CommandFailed, root, run } from './lib/run.mjs';
import { style } from './lib/terminal.mjs';
import { debianPackages, which } from './lib/tools.mjs';

const cache = join(root, '.cache/fresh');
const COMMANDS = { start: ['npm', 'start'], test: ['npm', 'test'] };
/** Numbers of the first user that `adduser` would make. */
const USERS = { root: { name: 'root', id: 0, home: '/root' }, user: { name: 'dev', id: 1000, home: '/home/dev' } };

/** @typedef {{ as: 'root' | 'user', command: 'start' | 'test', passed: boolean, seconds: number, said: string }} Outcome */

function readArguments() {
  const { values } = parseArgs({
    options: {
      as: { type: 'string', default: 'both' },
      only: { type: 'string' },
      keep: { type: 'boolean', default: false },
    },
  });
  const users = /** @type {const} */ (['root', 'user']).filter((user) => values.as === 'both' || values.as === user);
  const commands = /** @type {const} */ (['start', 'test']).filter((command) => (values.only ?? command) === command);
  if (users.length === 0 || commands.length === 0) {
    throw new CommandFailed('Usage: node scripts/fresh.mjs [--as root|user|both] [--only start|test] [--keep]');
  }
  return { users, commands, keep: values.keep };
}

async function needTools() {
  if (process.getuid?.() !== 0)
    throw new CommandFailed('A fresh system is made by root: debootstrap and mounts need it.');
  const missing = ['debootstrap', 'bwrap'].filter((command) => which(command) === undefined);
  if (missing.length === 0) return;
  const names = missing.map((command) => (command === 'bwrap' ? 'bubblewrap' : command));
  await run('apt-get update', 'apt-get', ['-qq', 'update']);
  await run(`install ${names.join(' ')}`, 'apt-get', ['-qq', '-y', '--no-install-recommends', 'install', ...names], {
    env: { DEBIAN_FRONTEND: 'noninteractive' },
  });
}

/** The last line of a command's output, which reports how it ended. @param {string} output */
const lastWords = (output) => output.trimEnd().split('\n').slice(-1)[0] ?? '';

/** @param {string} system @param {'root' | 'user'} as @param {'start' | 'test'} command @returns {Promise<Outcome>} */
async function tryCommand(system, as, command) {
  const { id, home } = USERS[as];
  const started = performance.now();
  const seconds = () => Math.round((performance.now() - started) / 1000);
  const inside = enter(system, { user: id, home, folder: join(home, 'colony') }, COMMANDS[command]);
  try {
    const output = await run(`fresh ${as} ${command}`, inside.command, inside.args, { env: inside.env, echo: true });
    return { as, command, passed: true, seconds: seconds(), said: lastWords(output) };
  } catch (error) {
    if (!(error instanceof CommandFailed)) throw error;
    return { as, command, passed: false, seconds: seconds(), said: lastWords(error.output) };
  }
}

/** @param {string} base @param {'root' | 'user'} as @param {readonly ('start' | 'test')[]} commands */
async function tryAs(base, as, commands) {
  const system = await copyOf(base, join(cache, as));
  const { name, id, home } = USERS[as];
  placeNode(system, as === 'root' ? ['/root'] : ['/root', home]);
  if (as === 'user') {
    const packages = debianPackages({ tests: true });
    for (const step of [
      ['useradd', '--uid', String(id), '--create-home', '--shell', '/bin/bash', name],
      ['apt-get', '-qq', 'update'],
      ['apt-get', '-qq', '-y', '--no-install-recommends', 'install', ...packages],
    ]) {
      const inside = enter(system, { user: 0, home: '/root', folder: '/' }, step);
      await run(`prepare for a user: ${step.slice(0, 3).join(' ')}`, inside.command, inside.args, { env: inside.env });
    }
  }
  await placeClone(system, home, id);
  /** @type {Outcome[]} */
  const outcomes = [];
  for (const command of commands) outcomes.push(await tryCommand(system, as, command));
  return { system, outcomes };
}

async function main() {
  const { users, commands, keep } = readArguments();
  await needTools();
  mkdirSync(cache, { recursive: true });
  const base = await baseSystem(join(cache, 'base'));
  /** @type {Outcome[]} */
  const all = [];
  for (const as of users) {
    const { system, outcomes } = await tryAs(base, as, commands);
    all.push(...outcomes);
    if (!keep && existsSync(system)) rmSync(system, { recursive: true, force: true });
  }
  console.log(style('bold', '\nOn a fresh system'));
  for (const { as, command, passed, seconds, said } of all) {
    console.log(`  ${passed ? '✓' : '✗'} npm ${command} as ${as}: ${seconds} s; ${said}`);
  }
  const failed = all.filter(({ passed }) => !passed).length;
  console.log(`\n${all.length - failed} passed, ${failed} failed`);
  if (failed > 0) console.log(`Logs: ${relative(process.cwd(), join(root, '.cache/logs'))}`);
  return failed > 0 ? 1 : 0;
}

try {
  process.exitCode = await main();
} catch (error) {
  if (!(error instanceof CommandFailed)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
