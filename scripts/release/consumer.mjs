// A user's empty folder: no compiler in the PATH, its own home, and the README's example.
import { execFile } from 'node:child_process';
import { chmod, chown, mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { kvmProblem } from '../lib/kvm.mjs';
import { root } from '../lib/run.mjs';

const execute = promisify(execFile);

/** Enough for a package manager's shims. No compiler, no make, no Python. */
const TOOLS = ['sh', 'env', 'sed', 'dirname', 'basename', 'uname', 'cat', 'readlink', 'ls', 'mkdir', 'tar', 'gzip'];

/**
 * @typedef {{ id: number } | undefined} User a different user, by number
 * @typedef {{ folder: string, env: Record<string, string>, user: User, node: string }} Consumer
 */

/** @param {string} folder @param {number} id */
async function give(folder, id) {
  await chown(folder, id, id);
  for (const entry of await readdir(folder, { withFileTypes: true, recursive: true }))
    await chown(join(entry.parentPath, entry.name), id, id);
}

/** @param {string} name */
async function commandPath(name) {
  const { stdout } = await execute('sh', ['-c', `command -v ${name}`]);
  return stdout.trim();
}

/**
 * @param {string} folder to create
 * @param {{ node?: string, registry: string, home: string, user?: User }} options `home` keeps package managers' caches
 * @returns {Promise<Consumer>}
 */
export async function makeConsumer(folder, { node = process.execPath, registry, home, user }) {
  await mkdir(join(folder, 'bin'), { recursive: true });
  await mkdir(join(folder, 'app'), { recursive: true });
  await mkdir(home, { recursive: true });
  await symlink(node, join(folder, 'bin/node'));
  for (const tool of TOOLS) await symlink(await commandPath(tool), join(folder, 'bin', tool));
  if (user !== undefined) for (const place of [folder, home]) await give(place, user.id);
  const env = {
    PATH: join(folder, 'bin'),
    HOME: home,
    CI: '1',
    npm_config_registry: registry,
    npm_config_cache: join(home, '.npm'),
    npm_config_prefer_offline: 'true',
    // Install scripts must not be needed. esbuild has one, which would look for this machine's binary on a faked Mac.
    npm_config_ignore_scripts: 'true',
    npm_config_update_notifier: 'false',
    npm_config_audit: 'false',
    npm_config_fund: 'false',
    YARN_NPM_REGISTRY_SERVER: registry,
    YARN_UNSAFE_HTTP_WHITELIST: '127.0.0.1',
    YARN_ENABLE_TELEMETRY: '0',
    YARN_ENABLE_IMMUTABLE_INSTALLS: 'false',
    YARN_REGISTRY: registry,
  };
  return { folder: join(folder, 'app'), env, user, node };
}

/** @param {Consumer} consumer @param {readonly string[]} command @param {Record<string, string>} [env] */
export async function inConsumer(consumer, [command, ...args], env = {}) {
  const id = consumer.user?.id;
  return await execute(/** @type {string} */ (command), args, {
    cwd: consumer.folder,
    env: { ...consumer.env, ...env },
    maxBuffer: 1 << 26,
    ...(id === undefined ? {} : { uid: id, gid: id }),
  });
}

/** @param {Consumer} consumer @param {string} name @param {string} text */
export async function writeInto(consumer, name, text) {
  const file = join(consumer.folder, name);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, text);
  await chmod(file, 0o644);
}

/** Another user may lack access. @param {Consumer} consumer */
const opensKvm = (consumer) =>
  inConsumer(consumer, [consumer.node, '-e', "fs.accessSync('/dev/kvm', fs.constants.R_OK | fs.constants.W_OK)"]).then(
    () => true,
    () => false,
  );

/** The README's first runnable example as JavaScript, and the output that its comments announce. */
async function readmeExample() {
  const readme = await readFile(join(root, 'README.md'), 'utf8');
  const source = /```ts runnable\n(.*?)```/s.exec(readme)?.[1];
  if (source === undefined) throw new Error('the README has no runnable example');
  const typescript = createRequire(import.meta.url)('typescript');
  const compilerOptions = { target: 'ES2022', module: 'ESNext' };
  const { outputText } = typescript.transpileModule(source, { compilerOptions });
  const prints = [...source.matchAll(/console\.log\(.*\); *\/\/ (.*)/g)].map(([, said]) => said);
  if (prints.length === 0) throw new Error('the example of the README has no line with its output');
  return { javascript: /** @type {string} */ (outputText), prints };
}

/**
 * A user's program after an install: it loads the addon, and runs the README's example. Without KVM on this machine,
 * the example runs on wasm, and the refusal of kvm must be about the device only.
 */
export async function writePrograms(/** @type {Consumer} */ consumer, scope = '@colony') {
  const { javascript, prints } = await readmeExample();
  const kvm = kvmProblem() === undefined && (await opensKvm(consumer));
  // The example's wall time assumes an idle machine.
  const example = javascript.replaceAll('@colony/', `${scope}/`).replace(/wallTime: '[^']*'/, "wallTime: '60 s'");
  await writeInto(consumer, 'example.mjs', kvm ? example : example.replace("backend: 'kvm'", "backend: 'wasm'"));
  const head = `import { createContext, doctor, js } from '${scope}/core';\n`;
  await writeInto(
    consumer,
    'addon.mjs',
    `import { loadAddon } from '${scope}/backend-kvm/native';
${head}if (typeof loadAddon().Hypervisor !== 'function') throw new Error('the addon has no Hypervisor');
const [{ works, findings }] = await doctor(['kvm']);
const refused = findings.filter((each) => !each.ok).map((each) => each.check);
console.log(JSON.stringify({ works, refused }));
`,
  );
  return { prints, kvm };
}

/**
 * @param {Consumer} consumer @param {{ prints: (string | undefined)[], kvm: boolean }} expected
 * @param {readonly string[]} [command] runs a file of JavaScript
 */
export async function runPrograms(consumer, expected, command = [consumer.node]) {
  const { stdout } = await inConsumer(consumer, [...command, 'example.mjs']);
  if (stdout.trim() !== expected.prints.join('\n')) throw new Error(`the README's example printed ${stdout}`);
  const said = JSON.parse((await inConsumer(consumer, [...command, 'addon.mjs'])).stdout);
  const wanted = expected.kvm ? { works: true, refused: [] } : { works: false, refused: ['/dev/kvm'] };
  if (JSON.stringify(said) !== JSON.stringify(wanted)) throw new Error(`kvm says ${JSON.stringify(said)}`);
}
