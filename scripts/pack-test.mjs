#!/usr/bin/env node
// Tests what is shipped: packs every public package, installs the tarballs into an empty folder as a user
// would, and uses them there. Prints `N passed, N failed, N skipped` and a line for each skipped part.
import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { kvmProblem } from './lib/kvm.mjs';
import { root } from './lib/run.mjs';

const execute = promisify(execFile);
const counts = { passed: 0, failed: 0, skipped: 0 };
const fixtures = join(root, 'scripts/test/fixtures/consumer');

/** What no tarball may hold, and what each must. */
const UNWANTED = /(^|\/)(node_modules|test|\.cache|\.turbo)\/|\.tsbuildinfo$|(^|\/)\.env/;

/** What some must hold besides: the engine's image, what builds the addon, and the notices of what is inside. @type {Record<string, string[]>} */
const ALSO = {
  '@colony/backend-kvm': ['NOTICE', 'binding.gyp', 'native/addon/addon.cc'],
  '@colony/bench': ['native/floor.c', 'programs/null.c'],
  '@colony/cli': ['bin/colony.js'],
  '@colony/guest': [
    'NOTICE',
    'include/colony/virtine.h',
    'runtime/serve.c',
    'boot/virtine/link.ld',
    'wasm/wasm-rt.c',
    'probes/basic.c',
  ],
};

/** (module (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))) */
const ADD_WASM = Buffer.from(
  '0061736d0100000001070160027f7f017f030201000707010361646400000a09010700200020016a0b',
  'hex',
);

/** @typedef {{ name: string, version: string, filename: string, files: { path: string }[] }} Packed */

/** @param {string} title @param {() => Promise<void>} work */
async function part(title, work) {
  const started = Date.now();
  try {
    await work();
    counts.passed += 1;
    console.log(`ok ${title} (${((Date.now() - started) / 1000).toFixed(1)} s)`);
  } catch (error) {
    counts.failed += 1;
    const { message, stdout = '', stderr = '' } = /** @type {Error & { stdout?: string, stderr?: string }} */ (error);
    console.log(`FAILED ${title}: ${message}\n${stdout}${stderr}`);
  }
}

/** @param {string} title @param {string} reason */
function skip(title, reason) {
  counts.skipped += 1;
  console.log(`SKIPPED ${title}: ${reason}`);
}

async function publicPackages() {
  const names = await readdir(join(root, 'packages'));
  const all = await Promise.all(
    names.map(async (name) => ({
      name,
      json: JSON.parse(await readFile(join(root, 'packages', name, 'package.json'), 'utf8')),
    })),
  );
  return all.filter(({ json }) => !json.private).map(({ name }) => name);
}

/** @param {string} folder @param {string} into @returns {Promise<Packed>} */
async function pack(folder, into) {
  const args = ['pack', '--json', '--ignore-scripts', '--pack-destination', into];
  const { stdout } = await execute('npm', args, { cwd: join(root, 'packages', folder), maxBuffer: 1 << 26 });
  const output = JSON.parse(stdout);
  const [packed] = Array.isArray(output) ? output : Object.values(output);
  return packed;
}

/** @param {Packed} packed */
async function checkContents({ name, files }) {
  const paths = files.map((file) => file.path);
  const unwanted = paths.filter((path) => UNWANTED.test(path));
  if (unwanted.length > 0) throw new Error(`${name} ships ${unwanted.slice(0, 5).join(', ')}`);
  for (const wanted of ['package.json', 'LICENSE', 'dist/index.js', 'dist/index.d.ts', ...(ALSO[name] ?? [])]) {
    if (!paths.includes(wanted)) throw new Error(`${name} lacks ${wanted}`);
  }
}

/** @param {string} folder @param {readonly Packed[]} packages */
async function writeConsumer(folder, packages) {
  const specifiers = Object.fromEntries(packages.map(({ name, filename }) => [name, `file:./${filename}`]));
  // Overrides: the tarballs' dependencies on each other mean these very tarballs, not a published version.
  const { devDependencies } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'));
  const manifest = {
    devDependencies: { '@types/node': devDependencies['@types/node'] },
    name: 'consumer',
    private: true,
    type: 'module',
    dependencies: specifiers,
    overrides: Object.fromEntries(packages.map(({ name }) => [name, `$${name}`])),
  };
  await writeFile(join(folder, 'package.json'), JSON.stringify(manifest, null, 2));
  await cp(fixtures, folder, { recursive: true });
  await writeFile(join(folder, 'add.wasm'), ADD_WASM);
}

const folder = await mkdtemp(join(tmpdir(), 'colony-pack-'));
try {
  /** @type {Packed[]} */
  const packages = [];
  for (const name of await publicPackages()) {
    await part(`pack ${name}`, async () => {
      const packed = await pack(name, folder);
      packages.push(packed);
      await checkContents(packed);
    });
  }
  await writeConsumer(folder, packages);
  const options = { cwd: folder, maxBuffer: 1 << 26, env: { ...process.env, npm_config_prefer_offline: 'true' } };
  /** @param {string} command @param {readonly string[]} args */
  const inConsumer = (command, args) => execute(command, args, options);

  await part('install (builds the addon)', async () => {
    await inConsumer('npm', ['install', '--no-audit', '--no-fund', '--loglevel=error']);
    await mkdir(join(folder, 'out'));
  });
  await part('types, as a strict NodeNext consumer sees them', async () => {
    await inConsumer(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', '.']);
  });
  await part('colony --version', async () => {
    await inConsumer('npx', ['--no-install', 'colony', '--version']);
  });
  await part('colony bench, where no peer is installed', async () => {
    const args = [
      'bench',
      '--quick',
      '--suite',
      'field',
      '--only',
      '^(c[.]call|isolated_vm[.]cold)$',
      '--json',
      'bench.json',
    ];
    await inConsumer('npx', ['--no-install', 'colony', ...args]);
    const { rows, skipped } = JSON.parse(await readFile(join(folder, 'bench.json'), 'utf8'));
    const reason = skipped.find(
      (/** @type {{ subject: string }} */ each) => each.subject === 'isolated_vm.cold',
    )?.reason;
    if (rows.length === 0 || !/isolated-vm is not installed: .*npm install/.test(reason))
      throw new Error(`${rows.length} rows; ${reason}`);
  });
  /** @param {string} backend @param {string} file */
  async function colonyRun(backend, file) {
    const args = ['--no-install', 'colony', 'run', file, '--backend', backend, '--call', 'add', '--args', '[2,3]'];
    const { stdout } = await inConsumer('npx', args);
    if (stdout.trim() !== '5') throw new Error(`printed ${stdout}`);
  }
  for (const backend of ['kvm', 'wasm', 'process']) {
    const problem = backend === 'kvm' ? kvmProblem() : undefined;
    if (problem !== undefined) {
      skip(`on ${backend}`, problem);
      continue;
    }
    await part(`on ${backend}: a program`, async () => {
      await inConsumer(process.execPath, ['out/program.js', backend]);
    });
    for (const file of ['add.js', 'add.c', 'add.wasm'])
      await part(`on ${backend}: colony run ${file}`, () => colonyRun(backend, file));
  }
} finally {
  await rm(folder, { recursive: true, force: true });
}
console.log(`${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`);
process.exitCode = counts.failed > 0 ? 1 : 0;
