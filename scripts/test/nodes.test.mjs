// One oldest version of Node everywhere, and the report of `npm run test:nodes`.
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isSupportedNode, LEAST_NODE } from '@colony/core';
import { expect, it, onTestFinished } from 'vitest';
import { root } from '../lib/run.mjs';
import { PROJECTS, runsUnder } from '../nodes/projects.mjs';
import { checkIntegrity, RUNTIMES } from '../nodes/runtimes.mjs';
import { formatTable, joinSkips } from '../nodes/table.mjs';

const floor = LEAST_NODE.join('.');
const packages = readdirSync(join(root, 'packages')).map((name) => `packages/${name}`);

/** @param {string} file */
const read = (file) => readFileSync(join(root, file), 'utf8');

/** Pages below a folder. @param {string} folder */
const pages = (folder) =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => join(folder, name));

it.each(['.', 'examples', ...packages])('%s names the oldest Node in its engines', (folder) => {
  expect(JSON.parse(read(join(folder, 'package.json'))).engines).toEqual({ node: `>=${floor}` });
});

it('texts name no other Node as the oldest', () => {
  const readmes = packages.flatMap((folder) =>
    readdirSync(join(root, folder))
      .filter((name) => name === 'README.md')
      .map((name) => join(folder, name)),
  );
  const texts = ['README.md', 'CONTRIBUTING.md', ...readmes, ...pages('packages/docs/guide')];
  const named = texts.flatMap((file) =>
    [...read(file).matchAll(/\bNode(?:\.js)? (20\.\d+)/g)].map(([, version]) => ({ file, version })),
  );
  expect(named.map(({ file }) => file)).toContain('README.md');
  expect(named.filter(({ version }) => version !== floor)).toEqual([]);
});

it('the oldest Node itself is tested, and the newest of each even major after it', () => {
  const nodes = RUNTIMES.filter(({ kind }) => kind === 'node');
  expect(nodes[0]?.version).toBe(`${floor}.0`);
  expect(nodes.slice(1).map(({ version, name }) => version.startsWith(`${name}.`))).toEqual([true, true, true]);
  for (const { integrity } of RUNTIMES) expect(integrity).toMatch(/^sha512-[\w+/]{86}==$/);
  for (const project of PROJECTS) expect(runsUnder(/** @type {any} */ (nodes[0]), project)).toBe(true);
});

it('Nodes are compared by number, not by text', () => {
  const [major, minor] = LEAST_NODE;
  const versions = [`${major}.${minor - 1}.9`, `${major}.9.0`, '18.20.8', `${major}.${minor}.0`, '22.0.0', '100.0.0'];
  expect(versions.map(isSupportedNode)).toEqual([false, false, false, true, true, true]);
});

it('a tarball that is not the pinned one is refused', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'colony-nodes-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'package.tgz');
  writeFileSync(file, 'abc');
  const integrity = 'sha512-3a81oZNherrMQXNJriBBMRLm+k6JqX6iCp7u5ktV05ohkpkqJ0/BqDa6PCOj/uu9RU1EI2Q86A4qmslPpUyknw==';
  await checkIntegrity(file, integrity);
  writeFileSync(file, 'abd');
  await expect(checkIntegrity(file, integrity)).rejects.toThrow(/has the checksum sha512-.*, not sha512-/);
});

it('the table has many skips in short', () => {
  const skip = (/** @type {string} */ name) => ({ name, reason: 'no KVM' });
  const rows = [
    { title: 'node 22', cells: { core: { passed: 5, failed: ['x'], skipped: [] } } },
    { title: 'bun', cells: { kvm: { passed: 1, failed: [], skipped: [skip('a'), skip('b')] } } },
  ];
  expect(formatTable(rows, ['core', 'kvm'])).toBe(
    ['passed under  node 22      bun', 'core          5, 1 failed  -', 'kvm           -            1, 2 skipped'].join(
      '\n',
    ),
  );
  expect(joinSkips(rows)).toEqual([{ name: 'bun kvm: 2 tests', reason: 'no KVM' }]);
});
