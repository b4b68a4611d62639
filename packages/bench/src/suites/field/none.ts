/** Work in this process, without isolation. */
import { timed } from '../../timing.js';
import { FIB, groupOf } from './peer.js';

function fib(n: number): number {
  return n < 2 ? n : fib(n - 1) + fib(n - 2);
}

const SUBJECT = `node.fib${FIB}`;

export const none = groupOf(
  'no isolation',
  [{ subject: SUBJECT, what: `fib(${FIB}) in JavaScript in this process, compiled by V8`, unit: 'us', floors: [] }],
  async () => ({ makers: { [SUBJECT]: () => timed(() => fib(FIB)) } }),
);
