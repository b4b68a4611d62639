/** The JavaScript workloads. The same text runs in Node, in QuickJS and in every backend: no host API, only the language. */

export const FIB = 'export function fib(n) { return n < 2 ? n : fib(n - 1) + fib(n - 2) }';

/** Bytes in, the bytes of their base64 text out. */
export const BASE64 = `
const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
const CODES = Uint8Array.from(LETTERS, (letter) => letter.charCodeAt(0));
export function encode(bytes) {
  const { length } = bytes;
  const text = new Uint8Array(Math.ceil(length / 3) * 4);
  let to = 0;
  for (let at = 0; at < length; at += 3) {
    const word = bytes[at] << 16 | (bytes[at + 1] ?? 0) << 8 | (bytes[at + 2] ?? 0);
    text[to++] = CODES[word >> 18];
    text[to++] = CODES[word >> 12 & 63];
    text[to++] = at + 1 < length ? CODES[word >> 6 & 63] : 61;
    text[to++] = at + 2 < length ? CODES[word & 63] : 61;
  }
  return text;
}`;

/** The JSON text of records in, that of a summary by team out. */
export const JSON_TRANSFORM = `
export function transform(text) {
  const teams = {};
  for (const { team, active, score, name } of JSON.parse(text)) {
    if (!active) continue;
    const found = teams[team] ??= { count: 0, score: 0, names: [] };
    found.count++;
    found.score += score;
    found.names.push(name.toUpperCase());
  }
  return JSON.stringify(teams);
}`;

/** About 96 bytes of JSON each. */
export function recordsText(records: number): string {
  const record = (id: number) => ({
    ...{ id, name: `user ${id}`, team: `team ${id % 17}` },
    ...{ score: id / 3, active: id % 2 === 0, tags: ['a', 'b'] },
  });
  return JSON.stringify(Array.from({ length: records }, (_, id) => record(id)));
}
