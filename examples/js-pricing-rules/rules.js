// A customer's rule. It sees only an order, and one function of the host.
export function price(order) {
  let total = 0;
  for (const { sku, quantity } of order.lines) {
    const { cents, category } = host.product(sku);
    const discount = category === 'seeds' && quantity >= 10 ? 0.9 : 1;
    total += Math.round(cents * quantity * discount);
  }
  return { total, shipping: total >= 5000 ? 0 : 490 };
}

/** A rule that goes wrong: it must cost the host nothing but an error. */
export function greedy() {
  const hoard = [];
  for (;;) hoard.push(new Uint8Array(1 << 20).fill(1));
}
