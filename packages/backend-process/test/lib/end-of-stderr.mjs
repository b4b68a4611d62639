// A jailed program ends by itself. Its end is reported before that of its channel, and the end of its stderr comes
// last. COLONY_BWRAP is a wrapper whose child keeps stderr open for a while. Prints how the program ended.
import { readFileSync } from 'node:fs';
import { jailHelper } from '../../dist/jail/helper.js';
import { launch } from '../../dist/jail/index.js';

// Without arguments it ends at once.
const jailed = await launch({ program: '/probe', args: [], files: { '/probe': await jailHelper() }, filter: 'node' });
// This process handles no events until bubblewrap, its only child, has ended.
const [child] = readFileSync(`/proc/self/task/${process.pid}/children`, 'utf8').trim().split(' ');
while (isRunning(Number(child)));
jailed.channel.destroy();
jailed.kill();
console.log(JSON.stringify(await jailed.exited));

/** @param {number} pid */
function isRunning(pid) {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}
