/** Writes generated TypeScript as two importable modules: unchanged, and with its virtines compiled. */
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { Compiler } from '@colony/compiler';
import type { AnyFunction, Virtine } from '@colony/compiler/runtime';
import { build } from 'esbuild';
import type { TsProgram } from './ts-program.js';

export interface Generated {
  make(k: unknown): Virtine<AnyFunction>;
  direct(x: unknown, y: unknown): Promise<unknown>;
  batch: Virtine<AnyFunction>;
}

const RUNTIME = '@colony/compiler/runtime';
/** A replacement of the compiler's runtime without the compiler: virtines are the functions themselves. */
const PLAIN =
  'export const virtine = (f) => async (...args) => await f(...args);\nexport const host = { note: (...args) => args };\n';
const NODE_MODULES = fileURLToPath(new URL('../../../../node_modules', import.meta.url));

export class Workplace {
  readonly #folder = mkdtempSync(join(tmpdir(), 'colony-generated-'));
  #count = 0;

  constructor() {
    symlinkSync(NODE_MODULES, join(this.#folder, 'node_modules'));
    writeFileSync(join(this.#folder, 'package.json'), '{ "type": "module" }');
    writeFileSync(join(this.#folder, 'plain.js'), PLAIN);
  }

  /** @throws ColonyError ERR_COMPILE */
  async modules(program: TsProgram): Promise<{ plain: Generated; isolated: Generated }> {
    const folder = join(this.#folder, `p${++this.#count}`);
    mkdirSync(folder);
    for (const [name, text] of Object.entries(program)) writeFileSync(join(folder, `${name}.ts`), text);
    const compiler = new Compiler({ root: folder });
    try {
      const { code } = (await compiler.compileFile('main.ts'))!;
      writeFileSync(join(folder, 'compiled.ts'), code);
    } finally {
      await compiler.dispose();
    }
    return { plain: await this.#load(folder, 'main', true), isolated: await this.#load(folder, 'compiled', false) };
  }

  async #load(folder: string, name: string, plain: boolean): Promise<Generated> {
    const outfile = join(folder, `${name}.out.js`);
    await build({
      ...{ entryPoints: [join(folder, `${name}.ts`)], outfile, bundle: true, format: 'esm', target: 'node20' },
      ...{ logLevel: 'silent', external: ['@colony/*'] },
      ...(plain ? { alias: { [RUNTIME]: join(this.#folder, 'plain.js') } } : {}),
    });
    return (await import(/* @vite-ignore */ pathToFileURL(outfile).href)) as Generated;
  }

  close(): void {
    rmSync(this.#folder, { recursive: true });
  }
}
