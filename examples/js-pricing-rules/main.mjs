import { fileURLToPath } from 'node:url';
import { createContext, js } from '@colony/core';

const products = {
  'seed-12': { cents: 350, category: 'seeds' },
  'pot-3': { cents: 1290, category: 'pots' },
};

const context = await createContext({
  backend: process.argv[2] ?? 'auto',
  program: js.file(fileURLToPath(new URL('rules.js', import.meta.url))),
  hypercalls: { product: async (sku) => products[sku] },
  policy: {
    hypercalls: { product: { maxCalls: 20, args: [{ type: 'string', maxLength: 20 }] } },
    limits: { memory: '32 MiB', wallTime: '5 s', cpuTime: '1 min' },
  },
});
try {
  const order = {
    lines: [
      { sku: 'seed-12', quantity: 12 },
      { sku: 'pot-3', quantity: 1 },
    ],
  };
  console.log(await context.call('price', order));
  await context.call('greedy').catch((error) => console.log('greedy:', error.code));
  console.log(await context.call('price', order));
} finally {
  await context.dispose();
}
