// The requirements on an install, by package manager, Node, user and platform. See install-test.mjs.
import { existsSync } from 'node:fs';
import { cp, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { kvmProblem } from '../lib/kvm.mjs';
import { inConsumer, makeConsumer, runPrograms, writeInto, writePrograms } from './consumer.mjs';
import { MANAGERS, NODES, nodeBinary, tool, writeManifest } from './managers.mjs';
import { specified } from './tarballs.mjs';

/** @typedef {import('./managers.mjs').Manager} Manager */
/** @typedef {import('./tarballs.mjs').Tarballs} Tarballs */
/** @typedef {import('./parts.mjs').Parts} Parts */

/** The packages for JavaScript on kvm and wasm. */
const BASE = ['core', 'guest', 'backend-kvm', 'backend-wasm'];
/** The user who owns nothing. */
const NOBODY = { id: 65534 };

/** @param {Manager} manager @param {string} node @param {string} [copyTo] for another user, who cannot read this one's files */
async function commandOf(manager, node, copyTo) {
  let modules = await tool(manager.package);
  if (copyTo !== undefined) {
    await cp(modules, copyTo, { recursive: true });
    modules = copyTo;
  }
  const entry = join(modules, manager.entry);
  return manager.native ? [entry] : [node, entry];
}

let count = 0;
/** @param {Tarballs} tarballs @param {string} node @param {import('./consumer.mjs').User} [user] */
async function consumerFor(tarballs, node, user) {
  count += 1;
  const home = join(tarballs.folder, user === undefined ? 'home' : `home-of-${user.id}`);
  return await makeConsumer(join(tarballs.folder, `consumer-${count}`), {
    node,
    registry: tarballs.registry.url,
    home,
    user,
  });
}

/**
 * Installs with a manager, and checks that an install from tarballs did not ask the registry for our packages.
 * @param {Tarballs} tarballs @param {import('./consumer.mjs').Consumer} consumer @param {Manager} manager
 * @param {{ command: string[], by: 'tarballs' | 'names', names?: string[] }} options
 */
async function install(tarballs, consumer, manager, { command, by, names = BASE }) {
  await writeManifest(consumer, specified(tarballs, names, by));
  for (const [name, text] of Object.entries(manager.settings?.(tarballs.registry.url) ?? {}))
    await writeInto(consumer, name, text);
  tarballs.registry.asked.length = 0;
  await inConsumer(consumer, [...command, ...manager.install]);
  const asked = [...new Set(tarballs.registry.asked)];
  if (by === 'tarballs' && asked.length > 0) throw new Error(`the registry was asked for ${asked.join(', ')}`);
}

/**
 * @param {Tarballs} tarballs @param {Parts} report @param {Manager} manager @param {'tarballs' | 'names'} by
 * @param {readonly string[]} nodes files of Node; the last one runs the package manager
 */
async function tryManager(tarballs, report, manager, by, nodes) {
  const title = `${manager.title}, by ${by}`;
  const node = manager.node === undefined ? /** @type {string} */ (nodes.at(-1)) : await nodeBinary(manager.node);
  const consumer = await consumerFor(tarballs, node);
  const command = await commandOf(manager, node);
  const installed = await report.part(`${title}: installs`, () =>
    install(tarballs, consumer, manager, { command, by }),
  );
  if (!installed) return;
  const expected = await writePrograms(consumer, tarballs.scope);
  for (const binary of nodes) {
    const { stdout: version } = await inConsumer(consumer, [binary, '--version']);
    const run = manager.run === undefined ? [binary] : [binary, ...command.slice(1), ...manager.run];
    const what = `${title}: the README's example on ${expected.kvm ? 'kvm' : 'wasm'}, Node ${version.trim()}`;
    await report.part(what, () => runPrograms(consumer, expected, run));
  }
}

/** Total bytes of the files in a folder. @param {string} folder @returns {Promise<number>} */
async function sizeOf(folder) {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true });
  const sizes = await Promise.all(
    entries
      .filter((entry) => entry.isFile())
      .map(async (entry) => (await stat(join(entry.parentPath, entry.name))).size),
  );
  return sizes.reduce((sum, size) => sum + size, 0);
}

const npm = /** @type {Manager} */ (MANAGERS[0]);
const MEGABYTE = 1e6;

/** @param {Tarballs} tarballs @param {Parts} report @param {string} node */
async function trySizes(tarballs, report, node = process.execPath) {
  const all = tarballs.packages.map(({ name }) => name.replace(/^.*\//, ''));
  const limits = /** @type {const} */ ([
    ['core and backend-kvm', ['core', 'guest', 'backend-kvm'], 8],
    ['all packages', all, 40],
  ]);
  for (const [what, names, most] of limits) {
    await report.part(`${what}: at most ${most} MB installed`, async () => {
      const consumer = await consumerFor(tarballs, node);
      const command = await commandOf(npm, node);
      await install(tarballs, consumer, npm, { command, by: 'tarballs', names: [...names] });
      const started = performance.now();
      await inConsumer(consumer, [...command, 'ci']);
      const seconds = (performance.now() - started) / 1000;
      const megabytes = (await sizeOf(join(consumer.folder, 'node_modules'))) / MEGABYTE;
      console.log(`${what}: ${megabytes.toFixed(2)} MB; installed in ${seconds.toFixed(1)} s with a warm cache`);
      if (megabytes > most) throw new Error(`${megabytes.toFixed(2)} MB are installed`);
    });
  }
}

/** Installs as a user who owns nothing. @param {Tarballs} tarballs @param {Parts} report @param {string} node */
async function tryAnotherUser(tarballs, report, node = process.execPath) {
  const title = 'as another user';
  if (process.getuid?.() !== 0) return report.skip(title, 'only root may become another user');
  await report.part(`${title}: npm installs, and the README's example runs`, async () => {
    const ownNode = join(tarballs.folder, 'node-of-all');
    await cp(node, ownNode);
    const consumer = await consumerFor(tarballs, ownNode, NOBODY);
    const command = await commandOf(npm, ownNode, join(tarballs.folder, 'npm-of-all'));
    await install(tarballs, consumer, npm, { command, by: 'tarballs' });
    const expected = await writePrograms(consumer, tarballs.scope);
    await runPrograms(consumer, expected);
  });
}

const FAKE = `for (const [name, value] of [['platform', 'darwin'], ['arch', 'arm64']])
  Object.defineProperty(process, name, { value });
`;

/** @param {string} scope */
const onMac = (scope) => `import { createContext, doctor, js } from '${scope}/core';
const context = await createContext({ backend: 'wasm', program: js\`export const add = (a, b) => a + b\` });
const sum = await context.call('add', 2, 3);
await context.dispose();
const refused = await createContext({ backend: 'kvm', program: js\`export const f = () => 1\` }).then(
  () => undefined,
  (error) => ({ code: error.code, message: error.message }),
);
console.log(JSON.stringify({ sum, refused }));
`;

/**
 * On a Mac: every package installs, wasm works, and kvm reports why it does not work.
 * @param {Tarballs} tarballs @param {Parts} report @param {string} node
 */
async function tryMac(tarballs, report, node = process.execPath) {
  const names = ['core', 'guest', 'backend-wasm', 'page', 'compiler', 'cli', 'conformance', 'bench'];
  const consumer = await consumerFor(tarballs, node);
  const command = await commandOf(npm, node);
  const mac = { ...npm, install: ['install', '--os=darwin', '--cpu=arm64'] };
  await report.part('macOS arm64, faked: everything but the Linux backends installs', () =>
    install(tarballs, consumer, mac, { command, by: 'tarballs', names }),
  );
  await writeInto(consumer, 'fake.cjs', FAKE);
  await writeInto(consumer, 'mac.mjs', onMac(tarballs.scope));
  const run = [node, '--require', './fake.cjs', 'mac.mjs'];
  await report.part('macOS arm64, faked: wasm works, and kvm is not installed', () =>
    expectMac(consumer, run, /ERR_BACKEND_MISSING/),
  );
  await report.part('macOS arm64, faked: a team that names kvm as optional installs without it', async () => {
    const optional = specified(tarballs, ['backend-kvm'], 'tarballs');
    const optionalDependencies = Object.fromEntries(optional.map(({ name, specifier }) => [name, specifier]));
    await writeManifest(consumer, specified(tarballs, names, 'tarballs'), { optionalDependencies });
    await inConsumer(consumer, [...command, ...mac.install]);
    if (existsSync(join(consumer.folder, 'node_modules', tarballs.scope, 'backend-kvm')))
      throw new Error('npm installed backend-kvm for a Mac');
    await inConsumer(consumer, run);
  });
  await report.part('macOS arm64, faked: kvm, copied from Linux, reports the reason', async () => {
    await install(tarballs, consumer, npm, { command, by: 'tarballs', names: [...names, 'backend-kvm'] });
    await expectMac(consumer, run, /darwin on arm64/);
  });
}

/** @param {import('./consumer.mjs').Consumer} consumer @param {string[]} run @param {RegExp} why */
async function expectMac(consumer, run, why) {
  const { stdout } = await inConsumer(consumer, run);
  const { sum, refused } = JSON.parse(stdout);
  if (sum !== 5) throw new Error(`wasm calculated ${sum}`);
  if (!why.test(`${refused?.code}: ${refused?.message}`)) throw new Error(`kvm said ${JSON.stringify(refused)}`);
}

/** The whole matrix. @param {Tarballs} tarballs @param {Parts} report */
export async function installTest(tarballs, report) {
  const kvm = kvmProblem();
  if (kvm !== undefined) report.skip("the README's example on kvm", kvm);
  const nodes = await Promise.all(NODES.map(nodeBinary));
  for (const manager of MANAGERS)
    for (const by of /** @type {const} */ (['tarballs', 'names']))
      await tryManager(tarballs, report, manager, by, nodes);
  await trySizes(tarballs, report);
  await tryAnotherUser(tarballs, report);
  await tryMac(tarballs, report);
}

/**
 * The part for `npm test`, which has little time: one strict package manager besides npm, in this Node.
 * @param {Tarballs} tarballs
 * @param {Parts} report
 */
export async function shortInstallTest(tarballs, report) {
  const strict = /** @type {Manager} */ (MANAGERS.find(({ title }) => title === 'yarn 4, PnP'));
  await tryManager(tarballs, report, strict, 'tarballs', [process.execPath]);
  await trySizes(tarballs, report);
  await tryAnotherUser(tarballs, report);
  await tryMac(tarballs, report);
}

/**
 * The imports of each package's entry points: each package is installed with them, and every entry is imported.
 * @type {Record<string, string[]>}
 */
const NEEDS = {
  core: ['core'],
  guest: ['core', 'guest'],
  'backend-kvm': ['core', 'guest', 'backend-kvm'],
  'backend-wasm': ['core', 'guest', 'backend-wasm'],
  'backend-process': ['core', 'guest', 'backend-process'],
  page: ['page'],
  compiler: ['core', 'guest', 'page', 'compiler'],
  cli: ['core', 'guest', 'page', 'compiler', 'cli'],
  conformance: ['core', 'conformance'],
  bench: ['core', 'guest', 'page', 'compiler', 'conformance', 'bench'],
};

/** Each package in an empty folder, with only what it needs. @param {Tarballs} tarballs @param {Parts} report */
export async function tryAlone(tarballs, report) {
  const command = await commandOf(npm, process.execPath);
  for (const { name } of tarballs.packages) {
    const short = name.replace(/^.*\//, '');
    await report.part(`${name}: installs in an empty folder, and imports`, async () => {
      const names = NEEDS[short];
      if (names === undefined) throw new Error(`nothing says what ${name} needs: see NEEDS`);
      const consumer = await consumerFor(tarballs, process.execPath);
      await install(tarballs, consumer, npm, { command, by: 'tarballs', names });
      await writeInto(consumer, 'import.mjs', `await import('${name}');\n`);
      await inConsumer(consumer, [process.execPath, 'import.mjs']);
    });
  }
}
