// One step of a package's build: a command whose failure ends the build. Built-in modules only.
import { spawnSync } from 'node:child_process';

/** @param {string} name the package's name @param {string} cwd */
export function buildSteps(name, cwd) {
  /** @param {string} what @param {string} command @param {readonly string[]} args */
  return function run(what, command, args) {
    const { status, error } = spawnSync(command, args, { cwd, stdio: 'inherit' });
    if (status === 0) return;
    console.error(`${name}: ${what} failed${error ? `: ${error.message}` : ''}`);
    process.exit(status ?? 1);
  };
}
