/** The map in docs/internals/architecture.md: every file and every name on it exists. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const page = join(root, 'packages/docs/internals/architecture.md');
const text = readFileSync(page, 'utf8');

/** Links whose text is a file's name, or a name that the file defines: `Shell::bind`. */
const links = [...text.matchAll(/\[`([^`]+)`\]\(([^)]+)\)/g)].map(([, name, target]) => ({
  name: name!,
  file: join(dirname(page), target!),
}));

/** Paths and rooms in code spans, below the root or `packages`. */
const paths = [...text.matchAll(/`((?:core|guest|conformance|bench|compiler|scripts)\/[\w./-]+)`/g)].map(
  ([, path]) => path!,
);

const isFileName = (name: string) => /^[\w-]+\.(?:ts|c|json)$/.test(name);

/** Whether each part of a name is a word of the file. */
const has = (content: string, name: string) =>
  name.split(/\.|::/).every((part) => new RegExp(`\\b${part}\\b`).test(content));

describe('the map of the architecture', () => {
  it('links to files that have the names', () => {
    expect(links.length).toBeGreaterThan(40);
    const wrong = links.filter(({ name, file }) => {
      if (!existsSync(file)) return true;
      return isFileName(name) ? !file.endsWith(`/${name}`) : !has(readFileSync(file, 'utf8'), name);
    });
    expect(wrong).toEqual([]);
  });

  it('names rooms that exist', () => {
    expect(paths.length).toBeGreaterThan(8);
    const missing = paths.filter((path) => !existsSync(join(root, 'packages', path)) && !existsSync(join(root, path)));
    expect(missing).toEqual([]);
  });

  it('has every room of core, the compiler and the backends in its arrows', () => {
    const arrows = /```\n([\s\S]*?)```/.exec(text)![1]!;
    for (const name of ['core', 'compiler', 'backend-kvm', 'backend-wasm', 'backend-process']) {
      const rooms = readdirSync(join(root, 'packages', name, 'src'), { withFileTypes: true })
        .filter((entry) => entry.isDirectory())
        .map((entry) => entry.name);
      const missing = rooms.filter((room) => !new RegExp(`\\b${room}\\b`).test(arrows));
      expect(missing, name).toEqual([]);
    }
  });
});
