// A jailed program ends by itself; its end is heard of before that of its channel, and last that of its stderr.
// COLONY_BWRAP is a wrapper whose child keeps stderr open for a while. Prints how the program ended.
import { readFileSync } from 'node:fs';
import { jailHelper } from '../../dist/jail/helper.js';
import { launch } from '../../dist/jail/index.js';

// Without arguments it ends at once.
const jailed = await launch({ program: '/probe', args: [], files: { '/probe': await jailHelper() }, filter: 'node' });
// This process hears of nothing until bubblewrap, its only child, has ended.
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
