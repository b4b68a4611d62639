// One function, for this process and for a virtine: plain JavaScript that does not depend on either.
/** @param {string} text */
export function score(text) {
  const words = text.toLowerCase().match(/[a-z]+/g) ?? [];
  const counts = new Map();
  for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
  return [...counts].sort(([a, m], [b, n]) => n - m || a.localeCompare(b)).slice(0, 3);
}

export function nothing() {}
