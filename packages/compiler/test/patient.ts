/**
 * Generous limits, so that tests do not fail on a busy machine. They are built in, and a project sets them in its
 * package.json.
 */
export const LIMITS = { startTime: '300 s', wallTime: '300 s', cpuTime: '300 s' };

/** The text of a package.json. */
export const patientPackage = (more: object = { type: 'module' }): string =>
  JSON.stringify({ ...more, colony: { limits: LIMITS } });
