// Checks, one after the other, each with a line on what came of it: what scripts/hardware/report.mjs reads.

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
