// C++ rooms of the kvm backend: each includes only rooms to its left, and only the addon uses Node.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { extname, join, posix } from 'node:path';

const ROOMS = [['base'], ['kvm', 'memory'], ['channel'], ['machine'], ['pool'], ['addon']];
const NODE_HEADERS =
  /^(napi|napi-inl|node_api|node_api_types|js_native_api|js_native_api_types|node|node_buffer|uv|v8)\.h$/;
const SOURCES = new Set(['.c', '.cc', '.cpp', '.h', '.hpp']);

/** @param {string} room */
const rank = (room) => ROOMS.findIndex((rooms) => rooms.includes(room));

/** @param {string} folder @param {string} [below] @returns {string[]} */
function sourcesIn(folder, below = '') {
  return readdirSync(join(folder, below), { withFileTypes: true }).flatMap((entry) => {
    const path = posix.join(below, entry.name);
    if (entry.isDirectory()) return ['build', 'node_modules'].includes(entry.name) ? [] : sourcesIn(folder, path);
    return SOURCES.has(extname(entry.name)) ? [path] : [];
  });
}

/**
 * The target of an include as `room/file`, or undefined for a system header.
 * @param {string} source
 * @param {string} include
 */
function resolveInclude(source, include) {
  const path = include.startsWith('.') || !include.includes('/') ? posix.join(posix.dirname(source), include) : include;
  return rank(path.split('/')[0] ?? '') >= 0 ? path : undefined;
}

/** @param {string} folder packages/backend-kvm/native */
export function checkNative(folder) {
  /** @type {import('./packages.mjs').Violation[]} */
  const violations = [];
  // Tests are outside the rooms: they may include anything except Node.
  const files = existsSync(folder) ? sourcesIn(folder) : [];
  for (const file of files) {
    const room = file.split('/')[0] ?? '';
    const text = readFileSync(join(folder, file), 'utf8');
    for (const [, include = ''] of text.matchAll(/^[ \t]*#[ \t]*include[ \t]*[<"]([^">]+)[">]/gm)) {
      /** @param {string} rule */
      const report = (rule) => violations.push({ rule, from: `native/${file}`, to: include });
      if (NODE_HEADERS.test(posix.basename(include)) && room !== 'addon') report('only the addon room knows Node');
      const target = resolveInclude(file, include);
      if (target === undefined || room === 'tests' || room === 'fuzz') continue;
      const to = target.split('/')[0] ?? '';
      if (rank(room) < 0) report('a folder that is not a room of native/');
      else if (to !== room && rank(to) >= rank(room)) report('native rooms include only rooms to their left');
    }
  }
  return { files: files.length, violations };
}
