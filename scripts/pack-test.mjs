#!/usr/bin/env node
// Tests the shipped packages: packs every public package, installs the tarballs into empty folders as users do, and
// uses them there. Prints `N passed, N failed, N skipped` and a line for each skipped part. All package managers and
// Nodes: `npm run test:install`.
import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { kvmProblem } from './lib/kvm.mjs';
import { root } from './lib/run.mjs';
import { aboveFloors, BUILT } from './release/addon.mjs';
import { inConsumer, makeConsumer } from './release/consumer.mjs';
import { dependencyProblems, manifestOf, problemsOf } from './release/contents.mjs';
import { shortInstallTest } from './release/install.mjs';
import { tool, writeManifest } from './release/managers.mjs';
import { parts } from './release/parts.mjs';
import { specified, withTarballs } from './release/tarballs.mjs';

const fixtures = join(root, 'scripts/test/fixtures/consumer');

/** (module (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))) */
const ADD_WASM = Buffer.from(
  '0061736d0100000001070160027f7f017f030201000707010361646400000a09010700200020016a0b',
  'hex',
);

/** @typedef {import('./release/tarballs.mjs').Tarballs} Tarballs */
/** @typedef {import('./release/consumer.mjs').Consumer} Consumer */

const report = parts();
const { part, skip } = report;

/** @param {readonly string[]} problems */
function none(problems) {
  if (problems.length > 0) throw new Error(problems.slice(0, 10).join('; '));
}

/** @param {Tarballs} tarballs */
async function contents({ files, packages, scope }) {
  for (const packed of packages)
    await part(`${packed.name}: its files and what it depends on`, async () => {
      const manifest = await manifestOf(join(files, packed.filename));
      none([...problemsOf(packed), ...dependencyProblems(manifest, scope)]);
    });
  await part('the native addon needs no newer system than stated', async () => none(await aboveFloors(BUILT)));
}

/**
 * Installs everything, with this machine's compilers, because C and Wasm are compiled here. @param {Tarballs} tarballs
 * @returns {Promise<Consumer>}
 */
async function wholeConsumer(tarballs) {
  const place = join(tarballs.folder, 'everything');
  const { folder, env, ...rest } = await makeConsumer(place, {
    registry: tarballs.registry.url,
    home: join(tarballs.folder, 'home'),
  });
  const consumer = { folder, env: { ...env, PATH: process.env.PATH ?? env.PATH ?? '' }, ...rest };
  const { devDependencies } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'));
  const wabt = JSON.parse(await readFile(join(root, 'packages/guest/package.json'), 'utf8')).devDependencies.wabt;
  const all = tarballs.packages.map(({ name }) => name.replace(/^.*\//, ''));
  const packages = [...specified(tarballs, all, 'tarballs'), { name: 'wabt', specifier: wabt }];
  await writeManifest(consumer, packages, { devDependencies: { '@types/node': devDependencies['@types/node'] } });
  await cp(fixtures, folder, { recursive: true });
  await writeFile(join(folder, 'add.wasm'), ADD_WASM);
  await mkdir(join(folder, 'out'));
  return consumer;
}

/** @param {Consumer} consumer */
async function types(consumer) {
  await inConsumer(consumer, [process.execPath, join(root, 'node_modules/typescript/bin/tsc'), '-p', '.']);
}

/** @param {Consumer} consumer */
async function benchWithoutPeers(consumer) {
  const only = '^(c[.]call|isolated_vm[.]cold)$';
  const args = ['bench', '--quick', '--suite', 'field', '--only', only, '--json', 'bench.json'];
  await inConsumer(consumer, ['npx', '--no-install', 'colony', ...args]);
  const { rows, skipped } = JSON.parse(await readFile(join(consumer.folder, 'bench.json'), 'utf8'));
  const isolated = (/** @type {{ subject: string }} */ row) => row.subject === 'isolated_vm.cold';
  const reason = skipped.find(isolated)?.reason;
  if (rows.length === 0 || !/isolated-vm is not installed: .*npm install/.test(reason))
    throw new Error(`${rows.length} rows; ${reason}`);
  // Reported before anything is measured.
  const drawn = await inConsumer(consumer, ['npx', '--no-install', 'colony', ...args, '--html', 'bench.html']).then(
    () => 'charts without vega',
    (error) => error.message,
  );
  if (!/vega is not installed: .*npm install --save-dev vega@/.test(drawn)) throw new Error(drawn);
}

/** @param {Consumer} consumer @param {string} backend @param {string} file */
async function colonyRun(consumer, backend, file) {
  const args = ['colony', 'run', file, '--backend', backend, '--call', 'add', '--args', '[2,3]'];
  const { stdout } = await inConsumer(consumer, ['npx', '--no-install', ...args]);
  if (stdout.trim() !== '5') throw new Error(`printed ${stdout}`);
}

/** @param {Tarballs} tarballs */
async function use(tarballs) {
  const consumer = await wholeConsumer(tarballs);
  const npm = join(await tool('npm@11'), 'npm/bin/npm-cli.js');
  const installed = await part('everything installs from the tarballs', async () => {
    await inConsumer(consumer, [process.execPath, npm, 'install', '--loglevel=error']);
    if (tarballs.registry.asked.length > 0) throw new Error(`the registry was asked for ${tarballs.registry.asked}`);
  });
  if (!installed) return;
  await part('types, as a strict NodeNext consumer sees them', () => types(consumer));
  await part('colony --version', async () => {
    await inConsumer(consumer, ['npx', '--no-install', 'colony', '--version']);
  });
  await part('colony bench, where no peer is installed', () => benchWithoutPeers(consumer));
  for (const backend of ['kvm', 'wasm', 'process']) {
    const problem = backend === 'kvm' ? kvmProblem() : undefined;
    if (problem !== undefined) {
      skip(`on ${backend}`, problem);
      continue;
    }
    await part(`on ${backend}: a program`, async () => {
      await inConsumer(consumer, [process.execPath, 'out/program.js', backend]);
    });
    for (const file of ['add.js', 'add.c', 'add.wasm'])
      await part(`on ${backend}: colony run ${file}`, () => colonyRun(consumer, backend, file));
  }
}

await withTarballs(async (tarballs) => {
  await contents(tarballs);
  await use(tarballs);
  await shortInstallTest(tarballs, report);
});
report.finish();
