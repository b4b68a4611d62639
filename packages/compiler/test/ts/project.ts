/** Small projects in temporary directories: compiled, and run as after a build. */
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { ColonyError } from '@colony/core';
import { transform } from 'esbuild';
import { afterAll } from 'vitest';
import { Compiler, type CompilerOptions, type ModuleOutput, type Refusal } from '../../src/index.js';

const NODE_MODULES = fileURLToPath(new URL('../../../../node_modules', import.meta.url));
const opened: Project[] = [];

afterAll(async () => {
  for (const project of opened) await project.close();
});

export class Project {
  readonly directory = realpathSync(mkdtempSync(join(tmpdir(), 'colony-ts-')));
  readonly compiler: Compiler;
  #builds = 0;

  constructor(files: Readonly<Record<string, string>>, options: Omit<CompilerOptions, 'root'> = {}) {
    if (!Object.keys(files).some((name) => name.startsWith('node_modules/'))) {
      symlinkSync(NODE_MODULES, join(this.directory, 'node_modules'));
    } else {
      mkdirSync(join(this.directory, 'node_modules'));
      symlinkSync(join(NODE_MODULES, '@colony'), join(this.directory, 'node_modules/@colony'));
    }
    this.write('package.json', '{ "type": "module" }');
    for (const [name, text] of Object.entries(files)) this.write(name, text);
    this.compiler = new Compiler({ root: this.directory, ...options });
    opened.push(this);
  }

  write(name: string, text: string): void {
    const file = join(this.directory, name);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  }

  async compile(name: string): Promise<ModuleOutput> {
    const output = await this.compiler.compileFile(name);
    if (output === undefined) throw new Error(`${name} has no virtine`);
    return output;
  }

  /** Returns the refusals of the compiler. */
  async refusals(name: string): Promise<{ error: ColonyError; refusals: readonly Refusal[] }> {
    try {
      await this.compile(name);
    } catch (error) {
      if (!(error instanceof ColonyError) || error.code !== 'ERR_COMPILE') throw error;
      return { error, refusals: (error.details['refusals'] as Refusal[] | undefined) ?? [] };
    }
    throw new Error(`${name} was accepted`);
  }

  /** Builds the files, and imports the first one. */
  async load<T>(...names: string[]): Promise<T> {
    const out = join(this.directory, `out${++this.#builds}`);
    for (const name of names) {
      const compiled = await this.compiler.compileFile(name);
      const code = compiled?.code ?? readFileSync(join(this.directory, name), 'utf8');
      const target = join(out, name.replace(/\.ts$/, '.js'));
      mkdirSync(dirname(target), { recursive: true });
      writeFileSync(target, (await transform(code, { loader: 'ts', format: 'esm' })).code);
    }
    const main = join(out, names[0]!.replace(/\.ts$/, '.js'));
    return (await import(/* @vite-ignore */ pathToFileURL(main).href)) as T;
  }

  async close(): Promise<void> {
    await this.compiler.dispose();
    rmSync(this.directory, { recursive: true, force: true });
  }
}

/** A project of `main.ts` and further files. */
export function project(main: string, files: Readonly<Record<string, string>> = {}): Project {
  return new Project({ 'main.ts': main, ...files });
}
