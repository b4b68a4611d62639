/** Formats numbers for people. */
import type { Unit } from '../types.js';

const digits = (value: number) => (Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2);

function time(value: number): string {
  const size = Math.abs(value);
  if (size === 0) return '0';
  if (size >= 1e6) return `${(value / 1e6).toFixed(2)} s`;
  if (size >= 1000) return `${(value / 1000).toFixed(digits(value / 1000))} ms`;
  if (size >= 1) return `${value.toFixed(digits(value))} µs`;
  return `${(value * 1000).toFixed(digits(value * 1000))} ns`;
}

function rate(value: number): string {
  const size = Math.abs(value);
  if (size >= 1e6) return `${(value / 1e6).toFixed(digits(value / 1e6))} M/s`;
  if (size >= 10_000) return `${(value / 1000).toFixed(digits(value / 1000))} k/s`;
  return `${value.toFixed(digits(value))} /s`;
}

/** Formats whole numbers without decimals; a mean of counts keeps its decimals. */
const plain = (value: number) => (Number.isInteger(value) ? String(value) : value.toFixed(digits(value)));

export function amount(value: number, unit: Unit): string {
  if (unit === 'us') return time(value);
  if (unit === 'per second') return rate(value);
  if (unit === 'KiB') return Math.abs(value) >= 10240 ? `${(value / 1024).toFixed(1)} MiB` : `${value.toFixed(1)} KiB`;
  return plain(value);
}

/** Above this, a ratio says only that the floor is next to nothing. */
export const MOST_FACTOR = 1000;

export const factor = (value: number) =>
  value > MOST_FACTOR ? `over ${MOST_FACTOR}` : value.toFixed(value >= 100 ? 0 : value >= 10 ? 1 : 3);

export const percent = (value: number) => `${value.toFixed(value >= 10 ? 0 : value >= 1 ? 1 : 2)}%`;
