// The program that every peer with modules runs, and what it answers with.
function nothing() {}

function fib(n) {
  return n < 2 ? n : fib(n - 1) + fib(n - 2);
}

const functions = { nothing, fib };

/** JSON-like: what a channel cannot carry is to fail here, not in the channel. */
const plain = (value) => (value === undefined ? undefined : JSON.parse(JSON.stringify(value) ?? 'null'));

/** A request is `{ call, args }` or, for the isolation table, `{ evaluate }`. Never rejects. */
export async function answer({ call, args = [], evaluate }) {
  try {
    // biome-ignore lint/security/noGlobalEval: a probe's untrusted expression; what it reaches from here is the question.
    return { value: evaluate === undefined ? functions[call](...args) : plain(await globalThis.eval(evaluate)) };
  } catch (error) {
    return { error: String(error?.message ?? error) };
  }
}

/** Splits what comes into lines. */
export function lines(onLine) {
  let partial = '';
  return (text) => {
    const whole = (partial + text).split('\n');
    partial = whole.pop();
    for (const line of whole) onLine(line);
  };
}
