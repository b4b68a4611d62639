// What a step's tests came to, as lines: `PASSED name`, `FAILED name: why`, `SKIPPED name: reason`.

const LINE = /^(PASSED \S.*|FAILED \S.*|SKIPPED \S.*?: \S.*| {2}\S.*)$/;

/** Of programs that print such lines themselves; indented lines are figures to show. @param {string} output */
export function ofLines(output) {
  return output.split('\n').filter((line) => LINE.test(line));
}

/**
 * @param {import('../lib/reporter.mjs').Summary} summary
 * @param {Readonly<Record<string, string>>} leftOut reasons by a part of the test's name
 */
export function ofVitest(summary, leftOut) {
  const reasonOf = (/** @type {string} */ name) => Object.entries(leftOut).find(([part]) => name.includes(part))?.[1];
  const WITHOUT = ' (skipped without a reason)';
  // The reporter cannot know why a test was left out by its name.
  const known = (/** @type {string} */ name) =>
    name.endsWith(WITHOUT) && reasonOf(name.slice(0, -WITHOUT.length)) !== undefined;
  return [
    ...Array.from({ length: summary.passed }, () => 'PASSED a test'),
    ...summary.failed.filter((name) => !known(name)).map((name) => `FAILED ${name}`),
    ...summary.skipped.map(({ name, reason }) => `SKIPPED ${name}: ${reason ?? reasonOf(name) ?? 'no reason given'}`),
  ];
}

/** @param {string} output */
export function ofDoctest(output) {
  const counts = /test cases:\s*(\d+) \|\s*(\d+) passed \|\s*(\d+) failed/.exec(output);
  if (counts === null) return [];
  const failed = new Set([...output.matchAll(/^TEST CASE: +(.*)$/gm)].map(([, name = '']) => name));
  // What lacks KVM here returns early and counts as passed: no pass of a test that needs it.
  const lacking = /^SKIPPED (\d+) of them, (.*)$/m.exec(output);
  return [
    ...Array.from({ length: Number(counts[2]) }, () => 'PASSED a test case'),
    ...(Number(counts[3]) === 0 ? [] : [...failed].map((name) => `FAILED ${name}`)),
    ...(lacking === null ? [] : [`FAILED native tests: ${lacking[1]} were skipped, ${lacking[2]}`]),
  ];
}
