// Every example of the README and the guide is a test, because untested documentation becomes wrong.
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { ERROR_CODES } from '@colony/core';
import { linuxImagePath } from '@colony/guest';
import { transform } from 'esbuild';
import { describe, expect, it } from 'vitest';
import { type Example, expectedOutput, readPage } from '../../../scripts/lib/examples.mjs';
import { kvmProblem } from '../../../scripts/lib/kvm.mjs';

const docs = fileURLToPath(new URL('..', import.meta.url));
const root = join(docs, '../..');
const run = promisify(execFile);
const noKvm = kvmProblem();
/** Needs the library OS, too. */
const NEEDS_LINUX = /\blinux\(/;
const noLinux = existsSync(linuxImagePath) ? undefined : "the library OS's image is not built";
/** All others use the strongest backend that works. */
const NEEDS_KVM = /backend: 'kvm'|Snapshot\.load|colony inspect/;

const pages = [join(root, 'README.md')].concat(
  readdirSync(join(docs, 'guide'))
    .filter((name) => name.endsWith('.md'))
    .map((name) => join(docs, 'guide', name)),
);

/** The folder of one page's examples: inside this package, so that `@colony/core` resolves as it does for a user. */
function workplace(page: string): string {
  const folder = join(docs, 'build/examples', basename(page, '.md'));
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  return folder;
}

async function runExample(folder: string, { language, line, source }: Example): Promise<string> {
  if (language === 'sh') {
    const env = { ...process.env, PATH: `${join(root, 'node_modules/.bin')}:${process.env.PATH}`, NO_COLOR: '1' };
    return (await run('bash', ['-euo', 'pipefail', '-c', source], { cwd: folder, env })).stdout;
  }
  // esbuild, not only type stripping: Node 20 lacks `await using`, and users' compilers also lower it.
  const { code } = await transform(source, { loader: 'ts', target: 'node20', format: 'esm' });
  const file = join(folder, `line-${line}.mjs`);
  writeFileSync(file, code);
  return (await run(process.execPath, [file], { cwd: folder, env: { ...process.env, NO_COLOR: '1' } })).stdout;
}

/** An example without such comments only has to succeed. */
async function expectOutput(folder: string, example: Example): Promise<void> {
  const output = await runExample(folder, example);
  const expected = expectedOutput(example.source);
  if (expected.length > 0) expect(output.trimEnd().split('\n')).toEqual(expected);
}

describe.each(pages)('%s', (path) => {
  const page = readPage(readFileSync(path, 'utf8'));
  const folder = workplace(path);
  for (const [name, text] of page.files) writeFileSync(join(folder, name), text);

  it('has only TypeScript that runs', () => {
    expect(page.unmarked, 'lines of ```ts blocks marked neither `runnable` nor `fragment`').toEqual([]);
  });

  for (const example of page.examples) {
    it(`line ${example.line} (${example.language})`, async (context) => {
      if (noKvm !== undefined && NEEDS_KVM.test(example.source)) context.skip(noKvm);
      if (noLinux !== undefined && NEEDS_LINUX.test(example.source)) context.skip(noLinux);
      await expectOutput(folder, example);
    });
  }
});

it('the output of an example is in comments behind console.log', () => {
  expect(expectedOutput("console.log(await f(1)); // { a: 1 }\nconsole.log('x');\n")).toEqual(['{ a: 1 }']);
});

it('an example with other output, or with a failure, is caught', async () => {
  const folder = workplace('caught.md');
  const example = (line: number, source: string) => expectOutput(folder, { language: 'ts', line, source });
  await example(1, 'console.log({ a: 1 } as object); // { a: 1 }\n');
  await expect(example(2, 'console.log({ a: 2 } as object); // { a: 1 }\n')).rejects.toThrow('to deeply equal');
  await expect(example(3, "throw new Error('it failed');\n")).rejects.toThrow('it failed');
});

it('every error code has a row in the guide', () => {
  const page = readFileSync(join(docs, 'guide/errors.md'), 'utf8');
  for (const code of ERROR_CODES) expect(page).toMatch(new RegExp(`^\\| .*\`${code}\``, 'm'));
});

it('pages link to files that exist', () => {
  for (const page of pages) {
    for (const [, target = ''] of readFileSync(page, 'utf8').matchAll(/\]\((?!\w+:)([^)#]+)(?:#[^)]*)?\)/g)) {
      expect(() => readdirOrRead(join(page, '..', target)), `${target} in ${page}`).not.toThrow();
    }
  }
});

function readdirOrRead(path: string): unknown {
  try {
    return readFileSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EISDIR') return readdirSync(path);
    throw error;
  }
}
