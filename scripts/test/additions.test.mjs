// Adding a capability or a backend changes the files that CONTRIBUTING names, and no others: both are done in a scratch
// copy.
import { execFileSync } from 'node:child_process';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { root } from '../lib/run.mjs';

const COPIED = ['core', 'guest', 'page', 'compiler', 'backend-process'];
/** Build output, and folders that need no copy. */
const MADE = /(^|\/)(node_modules|dist|\.cache|\.turbo|build)(\/|$)/;

/** @type {string[]} */
const made = [];
afterEach(() => {
  for (const folder of made.splice(0)) rmSync(folder, { recursive: true });
});

/** A copy of the relevant packages as built. It resolves its own packages and the repository's other ones. */
function scratchCopy() {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'colony-additions-')));
  made.push(folder);
  for (const name of COPIED)
    cpSync(join(root, 'packages', name), join(folder, 'packages', name), { recursive: true, verbatimSymlinks: true });
  for (const name of ['package.json', 'tsconfig.base.json']) cpSync(join(root, name), join(folder, name));
  const modules = join(folder, 'node_modules');
  mkdirSync(join(modules, '@colony'), { recursive: true });
  for (const name of readdirSync(join(root, 'node_modules')).filter((name) => name !== '@colony'))
    symlinkSync(join(root, 'node_modules', name), join(modules, name));
  for (const name of COPIED) symlinkSync(join(folder, 'packages', name), join(modules, '@colony', name));
  return new Scratch(folder);
}

class Scratch {
  /** @param {string} folder */
  constructor(folder) {
    this.folder = folder;
  }

  /** @param {string} path @param {string} text */
  add(path, text) {
    mkdirSync(dirname(join(this.folder, path)), { recursive: true });
    writeFileSync(join(this.folder, path), text);
  }

  /** Inserts `added` before or after the only occurrence of `mark`. @param {string} path @param {string} mark */
  edit(path, mark, { before = '', after = '' }) {
    const text = readFileSync(join(this.folder, path), 'utf8');
    expect(text.split(mark), `${path} has ${mark} once`).toHaveLength(2);
    writeFileSync(
      join(this.folder, path),
      text.replace(mark, () => before + mark + after),
    );
  }

  /** @param {string} name of a package @param {string[]} args */
  compile(name, ...args) {
    const tsc = join(root, 'node_modules/typescript/bin/tsc');
    this.#run([tsc, ...args], join(this.folder, 'packages', name));
  }

  buildCore() {
    this.compile('core', '-p', 'tsconfig.build.json');
    this.#run(['scripts/bundle-guest.mjs'], join(this.folder, 'packages/core'));
  }

  /** Runs a program in the copy. @param {string} source @returns {any} its output, parsed from JSON */
  run(source) {
    this.add('program.mjs', source);
    const printed = this.#run(['program.mjs'], this.folder);
    rmSync(join(this.folder, 'program.mjs'));
    return JSON.parse(printed);
  }

  /** @param {string[]} args @param {string} cwd */
  #run(args, cwd) {
    try {
      return execFileSync(process.execPath, args, { cwd, encoding: 'utf8', stdio: 'pipe' });
    } catch (error) {
      const { stdout, stderr } = /** @type {{ stdout: string, stderr: string }} */ (error);
      throw new Error(`node ${args.join(' ')} failed:\n${stdout}${stderr}`);
    }
  }

  /** Sources that differ from the repository's. A new package counts as one. */
  changes() {
    const packages = readdirSync(join(this.folder, 'packages'));
    const news = packages.filter((name) => !COPIED.includes(name)).map((name) => `packages/${name}`);
    return [...news, ...COPIED.flatMap((name) => this.#changesIn(`packages/${name}`))].sort();
  }

  /** @param {string} path */
  #changesIn(path) {
    return readdirSync(join(this.folder, path), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && !MADE.test(entry.parentPath.slice(this.folder.length)))
      .map((entry) => join(entry.parentPath, entry.name).slice(this.folder.length + 1))
      .filter((file) => contentOf(join(root, file)) !== contentOf(join(this.folder, file)));
  }
}

/** @param {string} file */
function contentOf(file) {
  try {
    return readFileSync(file, 'latin1');
  } catch {
    return undefined;
  }
}

/** The paths in the first sentence of CONTRIBUTING's entry. @param {string} title @param {string} name */
function claimed(title, name) {
  const text = readFileSync(join(root, 'CONTRIBUTING.md'), 'utf8');
  const entry = new RegExp(`^- \\*\\*${title}\\*\\*: (.*?)\\.\\s`, 'ms').exec(text)?.[1] ?? '';
  return [...entry.matchAll(/`(packages\/[^`]+)`/g)].map(([, path]) => String(path).replace('NAME', name)).sort();
}

describe('additions need only the steps of CONTRIBUTING', () => {
  it('a capability', () => {
    const scratch = scratchCopy();
    const capabilities = 'packages/core/src/capabilities';
    scratch.add(
      `${capabilities}/machine.ts`,
      `import { hostname } from 'node:os';
import { plainSection } from './plain.js';

export interface MachineGrant {
  readonly machine?: boolean;
}

export const machineSection = plainSection({
  key: 'machine',
  advice: 'add machine: true',
  globals: ['colony.machine'],
  hypercalls: { 'colony:machine': () => hostname() },
});
`,
    );
    const list = `${capabilities}/index.ts`;
    scratch.edit(list, 'import { type RandomGrant', {
      before: "import { type MachineGrant, machineSection } from './machine.js';\n",
    });
    scratch.edit(list, '  fetchSection,\n', { after: '  machineSection,\n' });
    scratch.edit(list, '    FetchGrants {}', { before: '    MachineGrant,\n' });
    const guest = 'packages/core/src/guest/colony.ts';
    scratch.edit(guest, '  readonly fs: GuestFiles;\n', { after: '  machine(): string;\n' });
    scratch.edit(guest, '  fs: Object.freeze(files),\n', {
      after: "  machine: () => hypercall('colony:machine', []) as string,\n",
    });
    expect(scratch.changes()).toEqual(claimed('A built-in capability', 'machine'));

    scratch.buildCore();
    scratch.compile('compiler', '-p', '.', '--noEmit');
    scratch.add('app.ts', APP);
    const seen = scratch.run(USES_CAPABILITY);
    expect(seen.granted).toBe(hostname());
    expect(seen.denied).toEqual({ code: 'ERR_POLICY_DENIED', saysHow: true });
    expect(seen.narrowed).toEqual({ code: 'ERR_POLICY_DENIED', saysHow: true });
    expect(seen.synthesized).toEqual([{ machine: true }, { machine: true }, { machine: true, clock: true }]);
    expect(seen.refused).toMatch(/the policy has no machine/);
    expect(seen.unused).toMatch(/grants machine, which it does not use/);
  });

  it('a backend', () => {
    const scratch = scratchCopy();
    const folder = 'packages/backend-second';
    scratch.add(
      `${folder}/package.json`,
      '{ "name": "@colony/backend-second", "type": "module", "exports": "./index.js" }',
    );
    scratch.add(
      `${folder}/index.js`,
      `import { backend as first } from '@colony/backend-process';
const named = (opened) => new Proxy(opened, { get: (target, key) => {
  const value = key === 'name' ? 'second' : Reflect.get(target, key, target);
  return typeof value === 'function' ? value.bind(target) : value;
} });
export const backend = { name: 'second', doctor: first.doctor, open: async (options) => named(await first.open(options)) };
`,
    );
    symlinkSync(join(scratch.folder, folder), join(scratch.folder, 'node_modules/@colony/backend-second'));
    const list = 'packages/core/src/backends/list.ts';
    scratch.edit(list, "'process'] as const", { before: "'second', " });
    scratch.edit(list, "      case 'process':\n", {
      before: "      case 'second':\n        return (await import('@colony/backend-second')).backend;\n",
    });
    expect(scratch.changes()).toEqual(claimed('A backend', 'second'));

    scratch.buildCore();
    const seen = scratch.run(USES_BACKEND);
    expect(seen.names).toEqual(['kvm', 'wasm', 'second', 'process']);
    expect(seen.report).toMatchObject({ backend: 'second', installed: true, works: true });
    expect(seen.named).toEqual(['second', 42]);
    // The copy has no kvm and wasm, so 'auto' uses the next in the list.
    expect(seen.chosen).toBe('second');
  });
});

const APP = `import { virtine } from '@colony/compiler/runtime';
declare const colony: { machine(): string };
export const whole = virtine(() => colony.machine());
export const part = virtine(() => { const { machine } = colony; return machine(); });
export const both = virtine(() => colony.machine() + Date.now());
`;

const USES_CAPABILITY = `
import { createContext, js, narrow } from '@colony/core';
import { Compiler } from '@colony/compiler';
import { writeFileSync } from 'node:fs';
const program = js\`export const name = () => colony.machine();\`;
const call = async (policy) => {
  const context = await createContext({ backend: 'process', program, policy });
  return await context.call('name')
    .catch(({ code, message }) => ({ code, saysHow: message.includes('add machine: true') }))
    .finally(() => context.dispose());
};
const compiler = new Compiler({ root: process.cwd() });
const { virtines } = await compiler.compileFile('app.ts');
const written = async (policy, body) => {
  writeFileSync('written.ts', "import { virtine } from '@colony/compiler/runtime';\\ndeclare const colony: any;\\n" +
    "export const f = virtine(() => " + body + ", { policy: " + policy + " });\\n");
  return await compiler.compileFile('written.ts').then(({ warnings }) => warnings.join(), ({ message }) => message);
};
console.log(JSON.stringify({
  granted: await call({ machine: true }),
  denied: await call({}),
  narrowed: await call(narrow({ machine: true }, {})),
  synthesized: virtines.map(({ policy }) => policy),
  refused: await written('{ console: true }', 'colony.machine()'),
  unused: await written('{ machine: true }', '1'),
}));
await compiler.dispose();
`;

const USES_BACKEND = `
import { backendNames, createContext, doctor, js } from '@colony/core';
const program = js\`export const answer = () => 42;\`;
const named = await createContext({ backend: 'second', program });
const chosen = await createContext({ program });
const [report] = await doctor(['second']);
console.log(JSON.stringify({
  names: backendNames(),
  report,
  named: [named.backend, await named.call('answer')],
  chosen: chosen.backend,
}));
await Promise.all([named.dispose(), chosen.dispose()]);
`;
