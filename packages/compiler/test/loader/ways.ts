/** Ways to load a module with a directive. Each names its outcome: isolated, or refused. */
import { patientPackage } from '../patient.js';

export interface Way {
  readonly name: string;
  readonly files: Readonly<Record<string, string>>;
  readonly ends: 'isolated' | 'refused' | 'isolated or refused';
  /** Arguments of Node, after the flag that loads the hooks. Default: main.mjs. */
  readonly args?: readonly string[];
  /** A folder below the project's. Default: the project's. */
  readonly cwd?: string;
  /** The way in which the hooks are loaded. Default: by `--import`. `program`: the program imports them itself. */
  readonly by?: 'flag' | 'environment' | 'program';
  /** Symbolic links: path and target. */
  readonly links?: Readonly<Record<string, string>>;
  /** More flags, before the one that loads the hooks. */
  readonly before?: readonly string[];
}

/** A virtine that returns what it sees: on the host `process` is an object. */
const SEES = `export async function sees() {\n  'use virtine';\n  return typeof process;\n}\n`;
const COMMONJS = `exports.sees = async function sees() {\n  'use virtine';\n  return typeof process;\n};\n`;
const TYPED = SEES.replace('sees()', 'sees(_more: number = 1): Promise<string>');

const CONFIGURE = "configure({ backend: 'wasm' });";

const use = (loading: string) => `import { createRequire } from 'node:module';
import { configure, disposeVirtines } from '@colony/compiler/runtime';
const require = createRequire(import.meta.url);
${CONFIGURE}
const { sees } = ${loading};
console.log('sees', await sees());
await disposeVirtines();
`;
const imports = (file: string) => use(`await import('${file}')`);
const requires = (file: string) => use(`require('${file}')`);

const THREAD = (options: string) => `import { Worker } from 'node:worker_threads';
new Worker(new URL('./thread.mjs', import.meta.url), ${options});
`;
const CHILD = (start: string) => `import { fork, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
const file = fileURLToPath(new URL('./child.mjs', import.meta.url));
${start};
`;
const PACKAGE = patientPackage({ name: 'dep', type: 'module', exports: './index.js' });
const HEAD = `import { configure, disposeVirtines } from '@colony/compiler/runtime';\n`;

const CALL = `${CONFIGURE}\n  console.log('sees', await sees());\n  await disposeVirtines();`;

const extensions: Way[] = [
  ...['js', 'mjs', 'jsx'].map((extension) => [extension, SEES] as const),
  ...['ts', 'mts', 'tsx'].map((extension) => [extension, TYPED] as const),
].flatMap(([extension, text]): Way[] => [
  {
    name: `import of .${extension}`,
    files: { 'main.mjs': imports(`./sees.${extension}`), [`sees.${extension}`]: text },
    ends: 'isolated',
  },
  {
    name: `require of .${extension}`,
    files: { 'main.mjs': requires(`./sees.${extension}`), [`sees.${extension}`]: text },
    ends: 'isolated',
  },
]);

const commonJs: Way[] = ['cjs', 'cts'].flatMap((extension): Way[] => [
  {
    name: `import of .${extension}`,
    files: { 'main.mjs': imports(`./sees.${extension}`), [`sees.${extension}`]: COMMONJS },
    ends: 'refused',
  },
  {
    name: `require of .${extension}`,
    files: { 'main.mjs': requires(`./sees.${extension}`), [`sees.${extension}`]: COMMONJS },
    ends: 'refused',
  },
]);

const places: Way[] = [
  {
    name: 'another working directory',
    files: { 'main.mjs': imports('./sees.ts'), 'sees.ts': TYPED, 'other/x': '' },
    cwd: 'other',
    args: ['../main.mjs'],
    ends: 'isolated',
  },
  {
    name: 'the root as working directory',
    files: { 'main.mjs': imports('./sees.js'), 'sees.js': SEES },
    cwd: '/',
    ends: 'isolated',
  },
  {
    name: 'a checkout behind a symbolic link',
    files: { 'real/main.mjs': imports('./sees.ts'), 'real/sees.ts': TYPED },
    links: { linked: 'real' },
    cwd: 'linked',
    ends: 'isolated',
  },
  {
    name: 'symbolic links that are kept',
    files: { 'real/main.mjs': imports('./sees.js'), 'real/sees.js': SEES },
    links: { linked: 'real' },
    before: ['--preserve-symlinks', '--preserve-symlinks-main'],
    args: ['linked/main.mjs'],
    ends: 'isolated',
  },
  {
    name: 'a package of a workspace, linked',
    files: {
      'app/main.mjs': imports('dep'),
      'packages/dep/index.js': SEES,
      'packages/dep/package.json': PACKAGE,
    },
    links: { 'app/node_modules/dep': '../../packages/dep' },
    args: ['app/main.mjs'],
    ends: 'isolated',
  },
  {
    name: 'an installed package, as a module',
    files: {
      'app/main.mjs': imports('dep'),
      'app/node_modules/dep/index.js': SEES,
      'app/node_modules/dep/package.json': PACKAGE,
    },
    args: ['app/main.mjs'],
    ends: 'isolated',
  },
  {
    name: 'an installed package, as CommonJS',
    files: {
      'app/main.mjs': imports('dep'),
      'app/node_modules/dep/index.js': COMMONJS,
      'app/node_modules/dep/package.json': '{ "name": "dep" }',
    },
    args: ['app/main.mjs'],
    ends: 'refused',
  },
  {
    name: 'a file without an extension',
    files: { 'main.mjs': requires('./sees'), sees: COMMONJS, 'package.json': '{ "type": "commonjs" }' },
    ends: 'refused',
  },
  {
    name: 'import of a file without an extension',
    files: { 'main.mjs': imports('./sees'), sees: SEES },
    ends: 'refused',
  },
  {
    name: 'the same file under two queries',
    files: {
      'main.mjs': use("(await import('./sees.js?one'), await import('./sees.js?two'))"),
      'sees.js': SEES,
    },
    ends: 'isolated',
  },
  {
    name: 'a CommonJS program that requires a module',
    files: {
      'main.cjs': `const { sees } = require('./sees.mjs');\nconst { configure, disposeVirtines } = require('@colony/compiler/runtime');\n${CONFIGURE}\nsees().then((seen) => { console.log('sees', seen); return disposeVirtines(); });\n`,
      'sees.mjs': SEES,
    },
    args: ['main.cjs'],
    ends: 'isolated',
  },
  {
    name: 'the program itself',
    files: {
      'main.ts': `${HEAD}${CONFIGURE}\n${TYPED}console.log('sees', await sees());\nawait disposeVirtines();\n`,
    },
    args: ['main.ts'],
    ends: 'isolated',
  },
];

const processes: Way[] = [
  {
    name: 'a thread',
    files: { 'main.mjs': THREAD('{}'), 'thread.mjs': imports('./sees.ts'), 'sees.ts': TYPED },
    ends: 'isolated',
  },
  {
    name: 'a thread with flags of its own',
    files: { 'main.mjs': THREAD('{ execArgv: [] }'), 'thread.mjs': imports('./sees.js'), 'sees.js': SEES },
    ends: 'isolated',
  },
  {
    name: 'a thread of a program that imports the hooks',
    files: {
      'main.mjs': `import '@colony/compiler/register';\n${THREAD('{}')}`,
      'thread.mjs': imports('./sees.js'),
      'sees.js': SEES,
    },
    by: 'program',
    ends: 'isolated',
  },
  {
    name: 'a thread from a text',
    files: {
      'main.mjs': `import { Worker } from 'node:worker_threads';\nnew Worker(${JSON.stringify(`${COMMONJS}exports.sees().then((seen) => console.log('sees', seen));`)}, { eval: true });\n`,
    },
    ends: 'refused',
  },
  {
    name: 'a program that imports the hooks',
    files: { 'main.mjs': `import '@colony/compiler/register';\n${imports('./sees.ts')}`, 'sees.ts': TYPED },
    by: 'program',
    ends: 'isolated',
  },
  {
    name: 'a fork',
    files: { 'main.mjs': CHILD('fork(file)'), 'child.mjs': imports('./sees.js'), 'sees.js': SEES },
    ends: 'isolated',
  },
  {
    name: 'a child process that inherits NODE_OPTIONS',
    files: {
      'main.mjs': CHILD("spawn(process.execPath, [file], { stdio: 'inherit' })"),
      'child.mjs': imports('./sees.js'),
      'sees.js': SEES,
    },
    by: 'environment',
    ends: 'isolated',
  },
];

const texts: Way[] = [
  {
    name: 'node --eval',
    files: {},
    args: ['--eval', `${COMMONJS}exports.sees().then((seen) => console.log('sees', seen));`],
    ends: 'refused',
  },
  {
    name: 'a data: URL',
    files: { 'main.mjs': imports(`data:text/javascript,${encodeURIComponent(SEES).replaceAll("'", '%27')}`) },
    ends: 'refused',
  },
  {
    name: 'vm, as Jest runs modules',
    files: {
      'main.mjs': `import { Script } from 'node:vm';\nconst wrapped = '({"Object.<anonymous>":function(exports){' + ${JSON.stringify(COMMONJS)} + '}})';\nconst exports = {};\nnew Script(wrapped, { filename: 'sees.js' }).runInThisContext()['Object.<anonymous>'](exports);\nconsole.log('sees', await exports.sees());\n`,
    },
    ends: 'refused',
  },
  {
    name: 'a tool that has replaced the loader of CommonJS',
    files: {
      'main.mjs': `import Module, { createRequire } from 'node:module';\nimport { readFileSync } from 'node:fs';\nModule._extensions['.js'] = (made, file) => made._compile(readFileSync(file, 'utf8'), file);\n${requires('./sees.js').replace(/^import \{ createRequire.*$/m, '')}`,
      'sees.js': COMMONJS,
      'package.json': '{ "type": "commonjs" }',
    },
    ends: 'refused',
  },
];

const tools: Way[] = [
  {
    name: 'node --test',
    files: {
      'x.test.mjs': `${HEAD}import { test } from 'node:test';\nimport { sees } from './sees.ts';\ntest('x', async () => {\n  ${CALL}\n});\n`,
      'sees.ts': TYPED,
    },
    args: ['--test', '--test-reporter=spec', 'x.test.mjs'],
    ends: 'isolated',
  },
  {
    name: 'tsx before the hooks',
    files: { 'main.ts': imports('./sees.ts'), 'sees.ts': TYPED },
    before: ['--import', 'tsx'],
    args: ['main.ts'],
    ends: 'isolated',
  },
  {
    name: 'tsx after the hooks',
    files: { 'main.ts': imports('./sees.ts'), 'sees.ts': TYPED },
    args: ['--import', 'tsx', 'main.ts'],
    ends: 'isolated',
  },
  {
    name: 'tsx in a CommonJS package',
    files: {
      'main.cjs': `const { sees } = require('./sees.js');\nsees().then((seen) => console.log('sees', seen));\n`,
      'sees.js': COMMONJS,
      'package.json': '{ "type": "commonjs" }',
    },
    before: ['--import', 'tsx'],
    args: ['main.cjs'],
    ends: 'refused',
  },
  {
    // tsx passes CommonJS to Node 20, and the file itself to later versions.
    name: 'require of TypeScript by tsx',
    files: {
      'main.cjs': `const { sees } = require('./sees.ts');\nconst { configure, disposeVirtines } = require('@colony/compiler/runtime');\n${CONFIGURE}\nsees().then((seen) => { console.log('sees', seen); return disposeVirtines(); });\n`,
      'sees.ts': TYPED,
      'package.json': '{ "type": "commonjs" }',
    },
    before: ['--import', 'tsx'],
    args: ['main.cjs'],
    ends: 'isolated or refused',
  },
  {
    name: 'Vitest with the plugin',
    files: {
      'vite.config.mjs': "import colony from '@colony/compiler/vite';\nexport default { plugins: [colony()] };\n",
      'x.test.ts': `${HEAD}import { expect, test } from 'vitest';\nimport { sees } from './sees.js';\ntest('x', async () => {\n  ${CALL}\n});\n`,
      'sees.ts': TYPED,
    },
    by: 'program',
    args: ['node_modules/vitest/vitest.mjs', 'run', '--root', '.', '--testTimeout=280000'],
    ends: 'isolated',
  },
  {
    name: 'Vitest with the hooks and without the plugin',
    files: {
      'x.test.ts': `import { expect, test } from 'vitest';\nimport { sees } from './sees.js';\ntest('x', async () => {\n  console.log('sees', await sees());\n});\n`,
      'sees.ts': TYPED,
    },
    by: 'environment',
    args: ['node_modules/vitest/vitest.mjs', 'run', '--root', '.', '--testTimeout=280000'],
    ends: 'refused',
  },
  {
    name: 'Jest with the hooks',
    files: {
      'x.test.js': `const { sees } = require('./sees.js');\ntest('x', async () => {\n  console.log('sees', await sees());\n}, 280000);\n`,
      'sees.js': COMMONJS,
      'package.json': '{ "type": "commonjs", "jest": { "transform": {}, "watchman": false } }',
    },
    by: 'environment',
    args: ['node_modules/jest/bin/jest.js', '--rootDir', '.', '--ci', '--runInBand'],
    ends: 'refused',
  },
];

/** Statements that look like the directive, but are not one in JavaScript. */
const misplaced: Way[] = Object.entries({
  'after another statement': SEES.replace("'use virtine';", "void 0;\n  'use virtine';"),
  'in parentheses': SEES.replace("'use virtine'", "('use virtine')"),
  'as a template': SEES.replace("'use virtine'", '`use virtine`'),
  'at the top of a file': `'use virtine';\n${SEES.replace("  'use virtine';\n", '')}`,
  'in a function that is not async': SEES.replace('async ', ''),
  'in a method': `export const { sees } = { async sees() {\n  'use virtine';\n  return typeof process;\n} };\n`,
  'in a class': `class A { static async sees() {\n  'use virtine';\n  return typeof process;\n} }\nexport const { sees } = A;\n`,
  'in a generator, as older targets have async functions': `export const sees = () => run(function* () {\n  'use virtine';\n  return typeof process;\n});\nconst run = async (f) => f().next().value;\n`,
}).map(([name, text]) => ({
  name: `the directive ${name}`,
  files: { 'main.mjs': imports('./sees.js'), 'sees.js': text },
  ends: 'refused',
}));

export const WAYS: readonly Way[] = [
  ...extensions,
  ...commonJs,
  ...places,
  ...processes,
  ...texts,
  ...tools,
  ...misplaced,
];
