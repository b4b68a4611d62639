// Results from the emulated machine: no failure counts as a pass, and every skip has a reason.
import { describe, expect, it, vi } from 'vitest';
import { Report } from '../hardware/report.mjs';
import { ofDoctest, ofLines, ofVitest } from '../hardware/results.mjs';

describe("vitest's summary", () => {
  it('a failure stays a failure, and a skip keeps its reason', () => {
    const summary = {
      passed: 2,
      failed: ['backend-kvm: a'],
      skipped: [{ name: 'backend-kvm: b', reason: 'no clang' }],
    };
    expect(ofVitest(summary)).toEqual([
      'PASSED a test',
      'PASSED a test',
      'FAILED backend-kvm: a',
      'SKIPPED backend-kvm: b: no clang',
    ]);
  });
});

describe('native tests', () => {
  it('cases that passed are counted', () => {
    const output = '[doctest] test cases:  3 |  3 passed | 0 failed | 1 skipped\n[doctest] Status: SUCCESS!';
    expect(ofDoctest(output)).toEqual(['PASSED a test case', 'PASSED a test case', 'PASSED a test case']);
  });

  it('cases that failed have their names', () => {
    const output =
      'TEST CASE:  pages are hot\n\ndirty.cc:1: ERROR\n[doctest] test cases: 2 | 1 passed | 1 failed | 0 skipped';
    expect(ofDoctest(output)).toEqual(['PASSED a test case', 'FAILED pages are hot']);
  });

  it('cases that found no KVM fail if KVM is required', () => {
    const output =
      '[doctest] test cases: 1 | 1 passed | 0 failed | 0 skipped\nSKIPPED 1 of them, which need KVM: missing';
    expect(ofDoctest(output)).toContain('FAILED native tests: 1 were skipped, which need KVM: missing');
  });

  it('output without a count is not a result', () => expect(ofDoctest('Segmentation fault')).toEqual([]));
});

it('other lines of a program that prints results itself are not results', () => {
  const output = 'PASSED a\nFAILED b: why\nSKIPPED c: reason\nSKIPPED d\n  figure 7\nnoise\n';
  expect(ofLines(output)).toEqual(['PASSED a', 'FAILED b: why', 'SKIPPED c: reason', '  figure 7']);
});

it('results are counted across pieces of output', () => {
  const print = vi.spyOn(console, 'log').mockReturnValue();
  const report = new Report();
  for (const piece of ['PASSED a te', 'st\nFAILED b: why\nSKIP', 'PED c: reason\n', 'PASSED d']) report.take(piece);
  report.end();
  const lines = print.mock.calls.map(([line]) => line);
  print.mockRestore();
  expect(lines).toEqual(['FAILED b: why', 'SKIPPED c: reason', 'PASSED d', '2 passed, 1 failed, 1 skipped']);
});
