import { expect, it } from 'vitest';
import { Progress } from '../src/progress.js';

function watched(trials: number, options: { before?: number; isTTY?: boolean } = {}) {
  let [text, now] = ['', 0];
  const stream = {
    isTTY: options.isTTY ?? false,
    write(chunk: string | Uint8Array) {
      text += chunk;
      return true;
    },
  };
  const progress = new Progress(trials, { ...options, stream, now: () => now });
  return {
    progress,
    at(seconds: number, trial: number, share: number) {
      now = seconds * 1000;
      text = '';
      progress.step(trial, share, 'round 1 of 2');
      return text;
    },
  };
}

it('a terminal has one line, written over, with the time left', () => {
  const { at } = watched(4, { isTTY: true });
  expect(at(10, 1, 0.5)).toBe('\r\x1b[K  trial 1 of 4, round 1 of 2, about 70 s left');
  expect(at(300, 3, 0)).toContain('about 5 min left');
});

it('a log has a line from time to time', () => {
  const { at } = watched(2);
  expect(at(10, 1, 0.1)).toBe('');
  expect(at(31, 1, 0.5)).toBe('bench: trial 1 of 2, round 1 of 2, about 93 s left\n'.replace('93 s', '2 min'));
  expect(at(40, 1, 0.6)).toBe('');
  expect(at(62, 2, 0)).toContain('bench: trial 2 of 2');
});

it('trials of an earlier run do not count for the speed', () => {
  const { at } = watched(10, { before: 8, isTTY: true });
  expect(at(30, 9, 0.5)).toContain('about 90 s left'.replace('90 s', '2 min'));
});

it('a run that needs more trials reports that', () => {
  const { at, progress } = watched(2, { isTTY: true });
  progress.extend(3);
  expect(at(60, 3, 0)).toContain('trial 3 of 3');
});
