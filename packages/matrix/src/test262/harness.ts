/**
 * test262's harness files. Mozilla's import has gathered them into one `shell.js` for each folder, each file behind a line
 * `// file: NAME`; its own host object (test262-host.js) is left out, ours is in guest.ts.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** What a script declares with `const` is seen by the scripts after it; what eval code does so is not. `var` is, in both. */
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

  /** @throws Error for a file that the copy does not have */
  file(name: string): string {
    const source = this.#files.get(name);
    if (source === undefined) throw new Error(`the copy of test262 has no harness file ${name}`);
    return source;
  }

  has(name: string): boolean {
    return this.#files.has(name);
  }
}

/** What every test has before it, but a raw one; propertyHelper and compareArray because most ask for them. */
export const ALWAYS = ['assert.js', 'sta.js', 'compareArray.js', 'propertyHelper.js'] as const;
