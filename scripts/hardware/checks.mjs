// Runs checks in sequence and prints a line for the result of each, which scripts/hardware/report.mjs reads.

/** @param {Readonly<Record<string, () => Promise<unknown>>>} checks by name */
export async function runChecks(checks) {
  for (const [name, check] of Object.entries(checks)) {
    try {
      await check();
      console.log(`PASSED ${name}`);
    } catch (error) {
      const { code = '', message } = /** @type {Error & { code?: string }} */ (error);
      console.log(`FAILED ${name}: ${`${code} ${message}`.trim().replaceAll('\n', ' | ')}`);
      process.exitCode = 1;
    }
  }
}
