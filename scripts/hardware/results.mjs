// The results of a step's tests, as lines: `PASSED name`, `FAILED name: why`, `SKIPPED name: reason`.

const LINE = /^(PASSED \S.*|FAILED \S.*|SKIPPED \S.*?: \S.*| {2}\S.*)$/;

/** Reads programs that print such lines themselves; indented lines are figures to show. @param {string} output */
export function ofLines(output) {
  return output.split('\n').filter((line) => LINE.test(line));
}

/** @param {import('../lib/reporter.mjs').Summary} summary */
export function ofVitest({ passed, failed, skipped }) {
  return [
    ...Array.from({ length: passed }, () => 'PASSED a test'),
    ...failed.map((name) => `FAILED ${name}`),
    ...skipped.map(({ name, reason }) => `SKIPPED ${name}: ${reason ?? 'no reason given'}`),
  ];
}

/** @param {string} output */
export function ofDoctest(output) {
  const counts = /test cases:\s*(\d+) \|\s*(\d+) passed \|\s*(\d+) failed/.exec(output);
  if (counts === null) return [];
  const failed = new Set([...output.matchAll(/^TEST CASE: +(.*)$/gm)].map(([, name = '']) => name));
  // Tests that need KVM return early without it and count as passed: subtract those.
  const lacking = /^SKIPPED (\d+) of them, (.*)$/m.exec(output);
  return [
    ...Array.from({ length: Number(counts[2]) }, () => 'PASSED a test case'),
    ...(Number(counts[3]) === 0 ? [] : [...failed].map((name) => `FAILED ${name}`)),
    ...(lacking === null ? [] : [`FAILED native tests: ${lacking[1]} were skipped, ${lacking[2]}`]),
  ];
}
