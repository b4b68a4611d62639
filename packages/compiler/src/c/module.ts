/** C files as imported modules: compiled at the first import, and again after a change. */
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { ColonyError } from '@colony/core';
import { flag, objectOf, type ReadOption } from '@colony/core/options';
import { stampsOf } from '@colony/guest';
import { type CompiledC, compileC } from './compile.js';
import { type CProjectOptions, PROJECT_READERS } from './source/project.js';

export interface CModuleOptions extends CProjectOptions {
  /** Writes `NAME.virtine.d.c.ts` beside `NAME.virtine.c`, so that TypeScript knows the types of the import. */
  readonly declarations?: boolean;
}

export const readCModuleOptions: ReadOption<CModuleOptions> = objectOf<CModuleOptions>({
  ...PROJECT_READERS,
  declarations: flag,
});

interface Entry {
  /** The files of the last build, even if it failed. */
  readonly files: readonly string[];
  readonly stamps: string;
  readonly compiled: Promise<CompiledC>;
}

export class CModules {
  readonly #entries = new Map<string, Entry>();

  constructor(
    private readonly root: string,
    private readonly options: CModuleOptions,
  ) {}

  /** `file` is absolute. @throws ColonyError ERR_COMPILE, ERR_BAD_POLICY, ERR_BAD_OPTION */
  async compile(file: string): Promise<CompiledC> {
    const known = this.#entries.get(file);
    if (known !== undefined && known.stamps === stampsOf(known.files)) return await known.compiled;
    // Taken before the build, so that an edit during it is noticed the next time.
    const started = known === undefined ? undefined : stampsOf(known.files);
    const { declarations: _declarations, ...own } = this.options;
    const compiled = compileC({ ...own, files: [file], root: this.root });
    const files = await compiled.then(
      (made) => made.files,
      (error) => [...new Set([file, ...(known?.files ?? []), ...filesOf(error)])].sort(),
    );
    const isSame = known !== undefined && String(known.files) === String(files);
    this.#entries.set(file, { files, compiled, stamps: isSame ? started! : stampsOf(files) });
    return await compiled;
  }

  /** Absolute paths of the other files that its last build depended on, even if the build failed. */
  watchFilesOf(file: string): readonly string[] {
    return (this.#entries.get(file)?.files ?? []).filter((watched) => watched !== file);
  }
}

function filesOf(error: unknown): readonly string[] {
  const files = ColonyError.is(error) ? error.details['files'] : undefined;
  return Array.isArray(files) ? files : [];
}

/** TypeScript looks for `fib.virtine.d.c.ts` beside `fib.virtine.c`, with `allowArbitraryExtensions`. */
export const declarationFile = (file: string): string => file.replace(/\.c$/, '.d.c.ts');

/**
 * Writes the declarations if they changed. If nothing may be written, warns if they are out of date.
 * @returns warnings
 */
export async function keepDeclarations(
  file: string,
  { text, shown, isFrozen }: { text: string; shown: string; isFrozen: boolean },
): Promise<string[]> {
  const path = declarationFile(file);
  const there = await readFile(path, 'utf8').catch(() => undefined);
  if (there === text) return [];
  const advice = `${declarationFile(shown)} is out of date: colony types ${shown} --write`;
  if (isFrozen) return there === undefined ? [] : [advice];
  const draft = `${path}.${process.pid}.tmp`;
  try {
    await writeFile(draft, text);
    await rename(draft, path);
    return [];
  } catch (error) {
    // Declarations are only types: a read-only folder must not prevent its code from running.
    await rm(draft, { force: true }).catch(() => {});
    return [
      `${declarationFile(shown)} could not be written: ${error instanceof Error ? error.message : String(error)}`,
    ];
  }
}
