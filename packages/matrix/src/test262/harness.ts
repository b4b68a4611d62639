/**
 * test262's harness files. Mozilla's import merges them into one `shell.js` per folder, each file after a line `//
 * file: NAME`. Mozilla's own host object (test262-host.js) is left out; ours is in guest.ts.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A script's `const` is visible to later scripts, but eval code's `const` is not. `var` is visible in both cases. */
function asEvalCode(helper: string): string {
  return helper.replace(/^(?:const|let) /gm, 'var ');
}

export class Harness {
  readonly #files = new Map<string, string>();

  constructor(corpus: string) {
    const shells = readdirSync(corpus, { recursive: true, encoding: 'utf8' }).filter((path) =>
      /(^|\/)shell\.js$/.test(path),
    );
    for (const shell of shells) {
      const [, ...rest] = readFileSync(join(corpus, shell), 'utf8').split(/^\/\/ file: (\S+)$/m);
      for (let i = 0; i < rest.length; i += 2) this.#files.set(rest[i]!, asEvalCode(rest[i + 1]!));
    }
  }

  /** @throws Error for a file that the copy lacks */
  file(name: string): string {
    const source = this.#files.get(name);
    if (source === undefined) throw new Error(`the copy of test262 has no harness file ${name}`);
    return source;
  }

  has(name: string): boolean {
    return this.#files.has(name);
  }
}

/** Harness files before every test that is not raw; most tests ask for propertyHelper and compareArray. */
export const ALWAYS = ['assert.js', 'sta.js', 'compareArray.js', 'propertyHelper.js'] as const;
