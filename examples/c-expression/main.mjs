import { fileURLToPath } from 'node:url';
import { createContext, native } from '@colony/core';

const constants = new Map([
  ['pi', Math.PI],
  ['answer', 42],
]);

const context = await createContext({
  backend: process.argv[2] ?? 'auto',
  program: native.c(fileURLToPath(new URL('expression.c', import.meta.url))),
  hypercalls: {
    constant(name) {
      const value = constants.get(name);
      if (value === undefined) throw new ReferenceError(`there is no constant ${name}`);
      return value;
    },
  },
  policy: {
    console: true,
    hypercalls: { constant: { maxCalls: 10, args: [{ type: 'string', maxLength: 31 }] } },
    limits: { memory: '4 MiB', wallTime: '2 s' },
  },
});
try {
  for (const text of ['1 + 2 * 3', '2 ^ 3 ^ 2', 'sqrt(answer * 2 - 3)', '2 * pi', '(1 + 2', '1 +', 'secret']) {
    try {
      await context.call('evaluate', text);
    } catch (error) {
      console.log(`${text}: ${error.message}`);
    }
  }
} finally {
  await context.dispose();
}
