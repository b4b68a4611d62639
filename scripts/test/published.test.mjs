// Published texts and messages must not fetch packages of other owners, and manifests must agree.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { root } from '../lib/run.mjs';
import { dependencyProblems } from '../release/contents.mjs';
import { strangersIn } from '../release/strangers.mjs';

const read = (/** @type {string} */ path) => readFileSync(join(root, path), 'utf8');
const manifests = readdirSync(join(root, 'packages')).map((name) => JSON.parse(read(`packages/${name}/package.json`)));
const published = manifests.filter((manifest) => !manifest.private);
const short = (/** @type {{ name: string }} */ { name }) => name.replace('@colony/', '');

/** @param {string} folder @param {RegExp} wanted @returns {string[]} paths from the root */
function filesIn(folder, wanted) {
  return readdirSync(join(root, folder), { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && wanted.test(entry.name) && !/node_modules/.test(entry.parentPath))
    .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1));
}

const top = ['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md', 'SECURITY.md'];
const texts = [...top, ...filesIn('packages/docs', /\.(md|mjs)$/), ...filesIn('examples', /\.md$/)];
const shipped = published.flatMap((manifest) => [
  `packages/${short(manifest)}/README.md`,
  ...filesIn(`packages/${short(manifest)}/dist`, /\.(js|cjs|d\.ts)$/),
]);

describe("commands never fetch another's package", () => {
  it.each([
    'npm install @colony/core',
    'run `npm install --save-dev @colony/bench`',
    'npx colony doctor',
    'npm rebuild @colony/backend-kvm',
    'pnpm dlx colony run x.js',
    'yarn add -D @colony/cli',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: source text, as a message is written
    '`npm install ${specifier}`',
    'npm exec colony',
  ])('found: %s', (line) => expect(strangersIn(line)).toEqual([line]));

  it.each([
    'npm install ./colony-core-0.2.0.tgz ./colony-guest-0.2.0.tgz',
    'npx --no-install colony doctor',
    'npm install wabt@1.0.39',
    'npm run build -w @colony/core',
    'node --import @colony/compiler/register app.ts',
    'npm run release -- --scope @NAME',
  ])('fine: %s', (line) => expect(strangersIn(line)).toEqual([]));

  it('in the texts', () => {
    expect(texts.length).toBeGreaterThan(15);
    expect(texts.flatMap((path) => strangersIn(read(path)).map((line) => `${path}: ${line.trim()}`))).toEqual([]);
  });

  it('in the contents of packages', () => {
    expect(shipped.length).toBeGreaterThan(200);
    expect(shipped.flatMap((path) => strangersIn(read(path)).map((line) => `${path}: ${line.trim()}`))).toEqual([]);
  });
});

describe.each(published)('$name', (manifest) => {
  it('fetches none of our packages, and runs no script when it is installed', () => {
    expect(dependencyProblems(manifest, '@colony')).toEqual([]);
  });

  it('has keywords, a README with the installation, and only existing addresses', () => {
    expect(manifest.keywords.length).toBeGreaterThan(2);
    expect(read(`packages/${short(manifest)}/README.md`)).toContain(
      `colony-${short(manifest)}-${manifest.version}.tgz`,
    );
    expect([manifest.repository, manifest.homepage, manifest.bugs]).toEqual([undefined, undefined, undefined]);
  });
});

it('a dependency on another of ours, a demanded peer and an install script are found', () => {
  const bad = {
    name: '@colony/x',
    dependencies: { '@colony/a': '1' },
    optionalDependencies: { '@colony/b': '1' },
    peerDependencies: { '@colony/c': '1', '@colony/d': '1' },
    peerDependenciesMeta: { '@colony/d': { optional: true } },
    scripts: { install: 'node-gyp-build', test: 'x' },
  };
  const problems = dependencyProblems(bad, '@colony').join(' ');
  for (const name of ['@colony/a', '@colony/b', '@colony/c', 'script install']) expect(problems).toContain(name);
  expect(problems).not.toContain('@colony/d');
});

it('one version and one floor of Node, in every manifest, the README and the guide', () => {
  const all = [...manifests, JSON.parse(read('examples/package.json'))];
  const [{ version }] = published;
  expect(all.map((manifest) => manifest.version)).toEqual(all.map(() => version));
  expect([...all, JSON.parse(read('package.json'))].map((manifest) => manifest.engines?.node ?? '>=20.19')).toEqual(
    [...all, 0].map(() => '>=20.19'),
  );
  const ranges = all.flatMap((manifest) =>
    [manifest.dependencies, manifest.devDependencies, manifest.peerDependencies].flatMap((names) =>
      Object.entries(names ?? {}).filter(([name]) => name.startsWith('@colony/')),
    ),
  );
  expect(ranges.filter(([, range]) => range !== version)).toEqual([]);
  for (const path of ['README.md', 'packages/docs/guide/getting-started.md']) {
    expect(read(path)).toContain('20.19');
    expect(read(path).match(/Node(?:\.js)? 20\.(?!19)\d+|20\.1[0-8]/g)).toBeNull();
  }
  expect(read('CHANGELOG.md')).toContain(`## ${version}`);
});
