/** Makes declarations with the project's own TypeScript and its own options. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, join, relative, sep } from 'node:path';
import { removeFolder, temporaryFolder } from '@colony/guest';

export interface Declared {
  /** Names are relative to the folder of the JavaScript. */
  readonly files: readonly { readonly name: string; readonly contents: Uint8Array | string }[];
  readonly warnings: readonly string[];
}

/** `main.d.ts` of `main.ts`, `main.d.mts` of `main.mts`. */
const declarationOf = (file: string) => file.replace(/\.([cm]?)tsx?$/, '.d.$1ts');
const moduleOf = (file: string) => file.replace(/\.d\.([cm]?)ts$/, '.$1js');

/** For a project without a tsconfig.json. */
const DEFAULTS = { module: 'nodenext', moduleResolution: 'nodenext', target: 'es2023', strict: true };

/**
 * Returns the declarations of a module and of the project's modules that it imports. Types are not checked.
 * @param entry absolute path, of TypeScript
 * @param root of the project; modules outside of it have their own declarations
 */
export async function declarationsOf(entry: string, root: string): Promise<Declared> {
  const tsc = compilerOf(entry);
  if (tsc === undefined) {
    const why = `no types were written: TypeScript is not installed where ${relative(root, entry)} is`;
    return { files: [], warnings: [`${why}; install it there, or leave types out with --no-types`] };
  }
  const made = temporaryFolder('types');
  try {
    const complaints = await emit(tsc, entry, made);
    const files = await gather(join(made, root), join(made, declarationOf(entry)), entry);
    return { files, warnings: files.length > 0 ? [] : [`no types were written: ${complaints.slice(0, 500)}`] };
  } finally {
    await removeFolder(made);
  }
}

function compilerOf(entry: string): string | undefined {
  const require = createRequire(entry);
  try {
    const file = require.resolve('typescript/package.json');
    return join(dirname(file), require(file).bin.tsc);
  } catch {
    return undefined;
  }
}

function configOf(folder: string): string | undefined {
  const file = join(folder, 'tsconfig.json');
  if (existsSync(file)) return file;
  return dirname(folder) === folder ? undefined : configOf(dirname(folder));
}

/** Returns TypeScript's messages. Declarations are written despite type errors, which `tsc --noEmit` reports. */
async function emit(tsc: string, entry: string, out: string): Promise<string> {
  const ownConfig = configOf(dirname(entry));
  const config = {
    ...(ownConfig !== undefined && { extends: ownConfig }),
    files: [entry],
    include: [],
    references: [],
    compilerOptions: {
      ...(ownConfig === undefined && DEFAULTS),
      ...{ declaration: true, emitDeclarationOnly: true, declarationMap: false, noEmit: false, noEmitOnError: false },
      ...{ composite: false, incremental: false, tsBuildInfoFile: null, declarationDir: null, skipLibCheck: true },
      // Sources may lie anywhere, but no file may be written outside of the folder.
      ...{ rootDir: '/', outDir: out },
    },
  };
  const file = join(out, 'tsconfig.json');
  await writeFile(file, JSON.stringify(config));
  return await new Promise((resolve) => {
    execFile(process.execPath, [tsc, '-p', file], { maxBuffer: 2 ** 26 }, (_error, stdout) => resolve(stdout.trim()));
  });
}

/** Collects the project's declarations in their relative places, and that of the entry beside its JavaScript. */
async function gather(made: string, own: string, entry: string): Promise<Declared['files']> {
  if (!existsSync(own)) return [];
  const all = await readdir(made, { recursive: true });
  const declarations = all.filter((file) => /\.d\.[cm]?ts$/.test(file)).sort();
  const top = declarations.map(dirname).reduce(common);
  const files = await Promise.all(
    declarations.map(async (file) => ({ name: relative(top, file), contents: await readFile(join(made, file)) })),
  );
  const name = basename(own);
  const inside = relative(join(made, top), own);
  return inside === name ? files : [{ name, contents: await forward(entry, moduleOf(inside)) }, ...files];
}

function common(a: string, b: string): string {
  const [first, second] = [a.split(sep), b.split(sep)];
  const end = first.findIndex((part, index) => part !== second[index]);
  return end === -1 ? a : first.slice(0, end).join(sep) || '.';
}

/** A declaration beside the JavaScript that re-exports the entry's own. */
async function forward(entry: string, module: string): Promise<string> {
  const from = `./${module.split(sep).join('/')}`;
  const hasDefault = /\bexport default\b|\bas default\b/.test(await readFile(entry, 'utf8'));
  return `export * from '${from}';\n${hasDefault ? `export { default } from '${from}';\n` : ''}`;
}
