/**
 * The JavaScript workloads. Node, QuickJS and every backend run the same text: it uses only the language, no host API.
 */

export const FIB = 'export function fib(n) { return n < 2 ? n : fib(n - 1) + fib(n - 2) }';
export const WARM_FIB = 'for (let i = 0; i < 50; i++) fib(20);';

/** Takes bytes, returns the bytes of their base64 text. */
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

export const WARM_BASE64 = 'for (let i = 0; i < 200; i++) encode(new Uint8Array(9000));';

/** Takes the JSON text of records, returns the JSON text of a summary by team. */
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
/** One text has many records, because what V8 learns from a few makes it discard its code at the first long one. */
export const WARM_JSON = `
const records = Array.from({ length: 200 }, (_, i) => ({ team: 'team ' + i % 17, active: i % 2 === 0, score: i / 3, name: 'user ' + i }));
for (let i = 0; i < 100; i++) transform(JSON.stringify(records));`;

/** Each record is about 96 bytes of JSON. */
export function recordsText(records: number): string {
  const record = (id: number) => ({
    ...{ id, name: `user ${id}`, team: `team ${id % 17}` },
    ...{ score: id / 3, active: id % 2 === 0, tags: ['a', 'b'] },
  });
  return JSON.stringify(Array.from({ length: records }, (_, id) => record(id)));
}
