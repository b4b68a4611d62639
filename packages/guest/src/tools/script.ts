/** Runs a script that reads possibly hostile input in a JavaScript runtime of its own. */
import { realpathSync } from 'node:fs';
import { type Output, type Places, runTool } from './run.js';

/** A runtime reserves far more address space than it uses. */
const MOST_DATA = 4 * 2 ** 30;

/**
 * @param script a path inside what the run may read or write
 * @throws ColonyError as runTool does
 */
export async function runScript(script: string, args: readonly string[], places: Places): Promise<Output> {
  const runtime = realpathSync(process.execPath);
  const before = process.versions['deno'] === undefined ? [] : ['run', '--allow-all', '--no-prompt', '--no-config'];
  const limits = { ...places.limits, data: MOST_DATA };
  return await runTool({ ...places, file: runtime, args: [...before, script, ...args], limits });
}
