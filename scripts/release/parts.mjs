// Parts of a test that is a script: each is reported in a line that `npm test` reads, and counted.

/** @typedef {ReturnType<typeof parts>} Parts */

/** @param {string} [only] leaves out parts whose titles do not contain it */
export function parts(only = '') {
  const counts = { passed: 0, failed: 0, skipped: 0 };

  /** @param {string} title @param {() => Promise<void>} work @returns {Promise<boolean>} whether it passed */
  async function part(title, work) {
    if (!title.includes(only)) return true;
    const started = Date.now();
    try {
      await work();
      counts.passed += 1;
      console.log(`ok ${title} (${((Date.now() - started) / 1000).toFixed(1)} s)`);
      return true;
    } catch (error) {
      counts.failed += 1;
      const { message, stdout = '', stderr = '' } = /** @type {Error & { stdout?: string, stderr?: string }} */ (error);
      console.log(`FAILED ${title}: ${message}\n${stdout}${stderr}`);
      return false;
    }
  }

  /** @param {string} title @param {string} reason */
  function skip(title, reason) {
    if (!title.includes(only)) return;
    counts.skipped += 1;
    console.log(`SKIPPED ${title}: ${reason}`);
  }

  function finish() {
    console.log(`${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`);
    process.exitCode = counts.failed > 0 ? 1 : 0;
  }
  const failed = () => counts.failed > 0;
  return { part, skip, finish, failed };
}
