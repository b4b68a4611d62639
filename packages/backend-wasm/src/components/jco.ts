/**
 * Runs jco's transpiler, if it is installed. Only components that are not transpiled yet need it. Its input may be hostile,
 * so it runs as a build tool: in a process of its own, with a jail and limits.
 */
import { existsSync, readFileSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ColonyError } from '@colony/core';
import { removeFolder, runScript, temporaryFolder } from '@colony/guest';

/** Its glue is the fastest by far (see packages/docs/internals/benchmarks.md), and what `glue.ts` knows how to check. */
export const JCO_VERSION = '1.9.1';

const MOST_MILLISECONDS = 120_000;
const LONGEST_MESSAGE = 2000;

/** No environment and no imports: the caller that instantiates gives memory and modules. */
const OPTIONS = {
  name: 'component',
  instantiation: { tag: 'sync' },
  noNodejsCompat: true,
  noTypescript: true,
  noNamespacedExports: true,
  base64Cutoff: 0,
};

/** Files are numbered: their names are the transpiler's. */
const script = (jco: string) => `
import { readFileSync, writeFileSync } from 'node:fs';
const [component, folder] = process.argv.slice(2);
let answer;
try {
  const { generate } = await import(${JSON.stringify(pathToFileURL(jco).href)});
  const { files } = await generate(new Uint8Array(readFileSync(component)), ${JSON.stringify(OPTIONS)});
  files.forEach(([, content], i) => writeFileSync(folder + '/' + i, content));
  answer = { names: files.map(([name]) => name) };
} catch (error) {
  answer = { error: String(error?.payload ?? error?.message ?? error) };
}
writeFileSync(folder + '/answer.json', JSON.stringify(answer));
process.exit();
`;

const FILE_NAME = /^\w[\w.-]*$/;

/** Files by name: one of glue, and the core modules that it asks for. */
export type TranspiledFiles = readonly (readonly [name: string, content: Uint8Array])[];

type Answer = { readonly files: TranspiledFiles } | { readonly error: string };

/** @throws ColonyError ERR_BACKEND_UNAVAILABLE where jco is missing or another version; ERR_COMPILE, ERR_ABORTED */
export async function runJco(component: Uint8Array, filename: string, signal: AbortSignal): Promise<TranspiledFiles> {
  const answer = await answerOf(findJco(), component, signal);
  if ('files' in answer) return answer.files;
  const message = answer.error.slice(0, LONGEST_MESSAGE);
  throw new ColonyError('ERR_COMPILE', `${filename}: jco cannot transpile the component: ${message}`);
}

function findJco(): string {
  const install = `npm install --save-dev @bytecodealliance/jco@${JCO_VERSION}`;
  let path: string;
  try {
    path = createRequire(import.meta.url).resolve('@bytecodealliance/jco/component');
  } catch (cause) {
    const message =
      `a component has to be transpiled before it runs, and @bytecodealliance/jco is not installed: ${install}; ` +
      'or have it transpiled where jco is (npx --no-install colony build FILE.wasm -o FOLDER) and give backendOptions.prebuilt';
    throw new ColonyError('ERR_BACKEND_UNAVAILABLE', message, { cause });
  }
  const { version } = JSON.parse(readFileSync(join(dirname(path), '..', 'package.json'), 'utf8')) as {
    version: string;
  };
  if (version === JCO_VERSION) return path;
  throw new ColonyError(
    'ERR_BACKEND_UNAVAILABLE',
    `components need jco ${JCO_VERSION}, and ${version} is there: ${install}`,
  );
}

async function answerOf(jco: string, component: Uint8Array, signal: AbortSignal): Promise<Answer> {
  const folder = temporaryFolder('jco');
  try {
    const [main, input] = [join(folder, 'jco.mjs'), join(folder, 'component.wasm')];
    await Promise.all([writeFile(main, script(jco)), writeFile(input, component)]);
    const places = { reads: packagesOf(jco), writes: [folder], signal, limits: { time: MOST_MILLISECONDS } };
    const { stderr } = await runScript(main, [input, folder], places);
    const answer = await readFile(join(folder, 'answer.json'), 'utf8').catch(() => undefined);
    if (answer === undefined) return { error: `the transpiler ended without an answer: ${stderr.trim()}` };
    const { names, error } = JSON.parse(answer) as { names?: string[]; error?: string };
    if (names === undefined) return { error: String(error) };
    if (!names.every((name) => FILE_NAME.test(name)))
      return { error: 'the transpiler names a file outside its folder' };
    const files = names.map(async (name, i) => [name, new Uint8Array(await readFile(join(folder, `${i}`)))] as const);
    return { files: await Promise.all(files) };
  } finally {
    await removeFolder(folder);
  }
}

/** Folders of jco and of the only package that its transpiler imports. */
function packagesOf(jco: string): string[] {
  const own = dirname(dirname(jco));
  for (let folder = own; folder !== dirname(folder); folder = dirname(folder)) {
    const shim = join(folder, 'node_modules/@bytecodealliance/preview2-shim');
    if (existsSync(shim)) return [own, shim];
  }
  return [own];
}
