/** A project of 1,000 modules with 20 virtines: compiled, and compiled again after an edit. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Compiler } from '@colony/compiler';
import { timedAsync } from '../../timing.js';
import type { Group, Spec } from '../../types.js';
import { spec } from '../spec.js';

const VIRTINES = 20;
/**
 * Modules that only one virtine reaches, and modules that all reach. Together with the virtines' own modules: 1,000.
 */
const OWN = 45;
const SHARED = 80;

const lines = (count: number, line: (i: number) => string) =>
  Array.from({ length: count }, (_, i) => line(i)).join('\n');

/** A realistic module: a table, helpers, types, and an unused export. */
function moduleText(name: string, imports: readonly string[], edit = 0): string {
  const calls = imports.map((name) => ` + ${name}(n - 1)`).join('');
  return `${imports.map((name) => `import { ${name} } from './${name}.js';`).join('\n')}
export interface Item { readonly name: string; readonly weights: readonly number[] }
const table = new Map<string, number>([${Array.from({ length: 8 }, (_, k) => `['k${k}', ${k + edit}]`).join(', ')}]);
function weigh(item: Item): number {
  let sum = 0;
  for (const weight of item.weights) sum += weight * ${name.length};
  return sum + (table.get(item.name) ?? 0);
}
export function ${name}(n: number): number {
  return n <= 0 ? weigh({ name: 'k1', weights: [n, n + 1] }) : n${calls};
}
export function unused(): string {
${lines(10, (i) => `  if (table.size === ${i + 100}) return 'never ${i}';`)}
  return 'unused';
}
`;
}

const ownName = (virtine: number, i: number) => `own${virtine}x${i}`;
const sharedText = (i: number, edit = 0) => moduleText(`shared${i}`, i + 1 < SHARED ? [`shared${i + 1}`] : [], edit);

function ownText(virtine: number, i: number, edit = 0): string {
  return moduleText(ownName(virtine, i), [i + 1 < OWN ? ownName(virtine, i + 1) : 'shared0'], edit);
}

/** The module with or without the directive that makes it a virtine. */
function virtineText(virtine: number, marked = true): string {
  return `import { ${ownName(virtine, 0)} } from './${ownName(virtine, 0)}.js';

export async function run${virtine}(n: number): Promise<number> {
${marked ? "  'use virtine';\n" : ''}  return ${ownName(virtine, 0)}(n);
}
`;
}

/** Lines that are in one text and not in the other. */
function changedLines(before: string, after: string): number {
  const [old, now] = [before.split('\n'), after.split('\n')];
  return now.filter((line) => !old.includes(line)).length + old.filter((line) => !now.includes(line)).length;
}

class Project {
  readonly #folder = mkdtempSync(join(tmpdir(), 'colony-bench-project-'));
  #compiler = new Compiler({ root: this.#folder, lock: false });
  #edits = 0;

  constructor() {
    for (let i = 0; i < SHARED; i++) this.#write(`shared${i}`, sharedText(i));
    for (let v = 0; v < VIRTINES; v++) {
      for (let i = 0; i < OWN; i++) this.#write(ownName(v, i), ownText(v, i));
      this.#write(`main${v}`, virtineText(v));
    }
  }

  #write(name: string, text: string): void {
    writeFileSync(join(this.#folder, `${name}.ts`), text);
  }

  /** @throws if a file did not produce its virtine */
  async compile(): Promise<void> {
    for (let v = 0; v < VIRTINES; v++) {
      const output = await this.#compiler.compileFile(`main${v}.ts`);
      if (output?.virtines.length !== 1) throw new Error(`main${v}.ts gave no virtine`);
    }
  }

  async forget(): Promise<void> {
    await this.#compiler.dispose();
    this.#compiler = new Compiler({ root: this.#folder, lock: false });
  }

  editOwn(): void {
    this.#write(ownName(7, 20), ownText(7, 20, ++this.#edits));
  }

  editShared(): void {
    this.#write('shared40', sharedText(40, ++this.#edits));
  }

  async close(): Promise<void> {
    await this.#compiler.dispose();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

const once = { once: true } as const;
const SPECS: readonly Spec[] = [
  spec('ts.project.cold', 'compilation of 1,000 modules with 20 virtines, by a new compiler', [], once),
  spec(
    'ts.project.edit',
    'compilation of 1,000 modules with 20 virtines, after an edit of a module of one virtine',
    [],
    once,
  ),
  spec(
    'ts.project.edit.shared',
    'compilation of 1,000 modules with 20 virtines, after an edit of a module that all 20 contain',
    [],
    once,
  ),
  spec('ts.lines', 'lines of source to change to make a function a virtine', [], { unit: 'count', once: true }),
];

/** One sample; the edit is not timed. */
const after = (edit: () => void | Promise<void>, compile: () => Promise<void>) => async (count: number) => {
  const times: number[] = [];
  for (let i = 0; i < count; i++) {
    await edit();
    times.push(...(await timedAsync(compile)(1)));
  }
  return times;
};

export const project: Group = {
  name: 'a TypeScript project of 1,000 modules',
  specs: SPECS,
  async open() {
    const made = new Project();
    await made.compile();
    const compile = () => made.compile();
    return {
      samplers: {
        'ts.project.cold': after(() => made.forget(), compile),
        'ts.project.edit': after(() => made.editOwn(), compile),
        'ts.project.edit.shared': after(() => made.editShared(), compile),
        'ts.lines': (count) => new Array<number>(count).fill(changedLines(virtineText(0, false), virtineText(0))),
      },
      close: () => made.close(),
    };
  },
};
