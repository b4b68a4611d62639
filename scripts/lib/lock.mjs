// Allows one set-up at a time in a folder: two `npm test` in one clone must not run npm and turbo at the same time.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** @param {string} file */
function holder(file) {
  try {
    const pid = Number(readFileSync(file, 'utf8'));
    process.kill(pid, 0);
    return pid;
  } catch {
    return undefined;
  }
}

/** @template T @param {string} file @param {() => Promise<T>} work @returns {Promise<T>} */
export async function withLock(file, work) {
  mkdirSync(dirname(file), { recursive: true });
  for (let isAnnounced = false; ; ) {
    try {
      writeFileSync(file, String(process.pid), { flag: 'wx' });
      break;
    } catch (error) {
      if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'EEXIST') throw error;
    }
    const pid = holder(file);
    if (pid === undefined) {
      // The holder has ended. Wait a moment, because the file may be created but not written yet.
      await sleep(200);
      if (holder(file) === undefined) rmSync(file, { force: true });
      continue;
    }
    if (!isAnnounced) console.log(`  … waiting for another set-up here (process ${pid})`);
    isAnnounced = true;
    await sleep(300);
  }
  try {
    return await work();
  } finally {
    rmSync(file, { force: true });
  }
}
