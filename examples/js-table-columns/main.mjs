import { createContext, js } from '@colony/core';

/** The formula that a user typed into the head of a column. */
const formula = '(price * quantity * (1 + tax)).toFixed(2)';

const rows = [
  { item: 'spade', price: 19.9, quantity: 2, tax: 0.19 },
  { item: 'apples', price: 2.5, quantity: 4, tax: 0.07 },
  { item: 'nothing', price: null, quantity: 1, tax: 0.07 },
];

const context = await createContext({
  backend: process.argv[2] ?? 'auto',
  program: js(`export function column(price, quantity, tax) {
    if (typeof price !== 'number') throw new TypeError('a price is missing');
    return ${formula};
  }`),
  policy: { limits: { wallTime: '2 s' } },
});
try {
  // All rows in one guest entry; a row that throws is that row's error only.
  const results = await context.callBatchSettled(
    'column',
    rows.map(({ price, quantity, tax }) => [price, quantity, tax]),
  );
  for (const [i, result] of results.entries()) {
    console.log(rows[i].item, result.ok ? result.value : `(${result.error.details.guest.message})`);
  }
} finally {
  await context.dispose();
}
