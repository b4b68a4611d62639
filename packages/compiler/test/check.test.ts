import { ESLint } from 'eslint';
import { expect, it, vi } from 'vitest';
import colony from '../src/check/eslint.js';
import { checkFiles } from '../src/index.js';
import { folderWith } from './loader/run.js';

const SEES = `export async function sees() {\n  'use virtine';\n  return typeof process;\n}\n`;
const NAMED = '{ "name": "app", "type": "module" }';
const withScript = (script: string) => JSON.stringify({ name: 'app', scripts: { start: script } });
const VITE = "import colony from '@colony/compiler/vite';\nexport default { plugins: [colony()] };\n";

/** Projects that each use a compiler of Colony. */
const COMPILED: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'a plugin in a configuration': { 'vite.config.ts': VITE },
  'a plugin in a build script': { 'scripts/build.mjs': VITE.replace('vite', 'esbuild') },
  'a plugin that is required': { 'webpack.config.cjs': "const colony = require('@colony/compiler/webpack');\n" },
  'the hooks in a script': { 'package.json': withScript('node --import @colony/compiler/register src/main.ts') },
  'colony build in a script': { 'package.json': withScript('colony build src/sees.js -o dist') },
  'the hooks in a Dockerfile': { Dockerfile: 'CMD ["node", "--import", "@colony/compiler/register", "src/main.ts"]\n' },
};

it.each(Object.entries(COMPILED))('accepts %s', (_name, files) => {
  const folder = folderWith({ 'package.json': NAMED, 'src/sees.js': SEES, ...files });
  const { problems, directives, compiling } = checkFiles(['src'], folder);
  expect(problems).toEqual([]);
  expect(directives).toMatchObject([{ file: 'src/sees.js', line: 2, column: 3 }]);
  expect(Object.keys(compiling)).toEqual(['src/sees.js']);
});

it('accepts the hooks in NODE_OPTIONS', () => {
  const folder = folderWith({ 'package.json': NAMED, 'sees.js': SEES });
  expect(checkFiles(['.'], folder).problems).toHaveLength(1);
  vi.stubEnv('NODE_OPTIONS', '--import @colony/compiler/register');
  try {
    expect(checkFiles(['.'], folder).problems).toEqual([]);
  } finally {
    vi.unstubAllEnvs();
  }
});

it('finds a package of a workspace that is compiled from above', () => {
  const folder = folderWith({
    'package.json': '{ "name": "all", "workspaces": ["packages/*"] }',
    'vite.config.js': VITE,
    'packages/app/package.json': NAMED,
    'packages/app/sees.ts': SEES,
  });
  expect(checkFiles(['packages'], folder).problems).toEqual([]);
});

const UNCOMPILED: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  nothing: {},
  'a plugin that is commented out': { 'vite.config.js': `// ${VITE.split('\n')[0]}\nexport default {};\n` },
  'a plugin of another project': { 'other/package.json': NAMED, 'other/vite.config.js': VITE },
  'a dependency alone': { 'package.json': '{ "name": "app", "dependencies": { "@colony/compiler": "1.0.0" } }' },
};

it.each(Object.entries(UNCOMPILED))('reports a directive beside %s', (_name, files) => {
  const folder = folderWith({ 'package.json': NAMED, 'src/sees.ts': SEES, ...files });
  const { problems } = checkFiles(['.'], folder);
  expect(problems).toMatchObject([{ kind: 'uncompiled', file: 'src/sees.ts', line: 2, column: 3 }]);
  expect(problems[0]!.advice).toContain('@colony/compiler/register');
});

/** Uses that the compiler itself would refuse or never see. */
const REFUSED: Readonly<Record<string, readonly [file: string, text: string, kind: string]>> = {
  'a method': ['a.js', `export const a = { async f() { 'use virtine'; } };\n`, 'misplaced'],
  'a function that is not async': ['a.js', `export function f() { 'use virtine'; }\n`, 'misplaced'],
  'a later statement': ['a.ts', `export async function f() { void 0; 'use virtine'; }\n`, 'misplaced'],
  'a file': ['a.mjs', `'use virtine';\nexport const x = 1;\n`, 'misplaced'],
  CommonJS: ['a.cjs', `exports.f = async () => { 'use virtine'; };\n`, 'unsupported'],
  'a component': ['a.vue', `<script setup>\nasync function f() {\n  'use virtine';\n}\n</script>\n`, 'unsupported'],
};

it.each(Object.entries(REFUSED))('reports a directive in %s', (_name, [file, text, kind]) => {
  const folder = folderWith({ 'package.json': NAMED, 'vite.config.js': VITE, [file]: text });
  expect(checkFiles([file], folder).problems).toMatchObject([{ kind, file }]);
});

it('ignores texts that only mention it, installed packages and hidden folders', () => {
  const folder = folderWith({
    'package.json': NAMED,
    'a.js': `// 'use virtine'\nexport const text = "'use virtine'";\nexport const also = ['use virtine'];\n`,
    'sub/node_modules/dep/index.js': SEES,
    '.cache/sees.js': SEES,
  });
  expect(checkFiles(['.'], folder)).toMatchObject({ files: 1, directives: [], problems: [] });
});

it('names the missing path', () => {
  expect(() => checkFiles(['missing'], folderWith({}))).toThrow(expect.objectContaining({ code: 'ERR_BAD_OPTION' }));
});

it('the ESLint rule reports directives that are not compiled, and code that the compiler would refuse', async () => {
  const files = {
    'sees.js': SEES,
    'method.js': REFUSED['a method']![1],
    'sync.js': REFUSED['a function that is not async']![1],
    'later.js': REFUSED['a later statement']![1],
    'top.js': REFUSED['a file']![1],
    'generator.js': `export async function* f() { 'use virtine'; }\n`,
    'text.js': `export const text = 'use virtine';\n`,
  };
  const lint = async (folder: string) => {
    const eslint = new ESLint({
      cwd: folder,
      overrideConfigFile: true,
      overrideConfig: [colony.configs.recommended] as unknown as ESLint.Options['overrideConfig'],
    });
    const results = await eslint.lintFiles(Object.keys(files));
    return Object.fromEntries(
      results.map(({ filePath, messages }) => [
        filePath.slice(folder.length + 1),
        messages.map(({ messageId, ruleId, line }) => `${ruleId} ${messageId ?? ''} ${line}`),
      ]),
    );
  };
  const compiled = await lint(folderWith({ 'package.json': NAMED, 'vite.config.js': VITE, ...files }));
  const RULE = 'colony/no-uncompiled-directive';
  expect(compiled).toEqual({
    'sees.js': [],
    'method.js': [`${RULE} method 1`],
    'sync.js': [`${RULE} async 1`],
    'later.js': [`${RULE} first 1`],
    'top.js': [`${RULE} outside 1`],
    'generator.js': [`${RULE} generator 1`],
    'text.js': [],
  });
  const bare = await lint(folderWith({ 'package.json': NAMED, ...files }));
  expect(bare['sees.js']).toEqual([`${RULE} uncompiled 2`]);
  expect(bare['text.js']).toEqual([]);
});
