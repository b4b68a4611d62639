/**
 * The lock holds what runs, and recognizes and reports virtines that were renamed or moved: in a person's build, and in
 * CI.
 */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { LockEntry } from '../src/index.js';
import { Compiler, type CompilerOptions } from '../src/index.js';
import { folderWith } from './plugins/bundlers.js';

type Options = Omit<CompilerOptions, 'root'>;
const FROZEN: Options = { frozen: true };

/** Files that one compiler builds, in this order. */
function projectWith(files: Readonly<Record<string, string>>) {
  const made = folderWith(files);
  onTestFinished(made.close);
  const { folder } = made;
  const write = (name: string, text: string) => {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  };
  const build = async (names: readonly string[], options: Options = {}) => {
    const compiler = new Compiler({ root: folder, lock: true, frozen: false, ...options });
    try {
      const warnings: string[] = [];
      for (const name of names) warnings.push(...((await compiler.compileFile(name))?.warnings ?? []));
      await compiler.saveLock();
      return warnings.filter((warning) => warning.includes('colony.lock.json'));
    } finally {
      await compiler.dispose();
    }
  };
  const lock = () =>
    JSON.parse(readFileSync(join(folder, 'colony.lock.json'), 'utf8')).virtines as Record<string, LockEntry>;
  return { write, build, lock, remove: (name: string) => rmSync(join(folder, name)) };
}

const clock = (name: string, more = '') =>
  `export async function ${name}(x: number): Promise<number> {\n  'use virtine';\n  ${more}return Date.now() + x;\n}\n`;
const wrapped = (options: string, body = '1') =>
  `import { virtine } from '@colony/compiler/runtime';\nimport { statSync } from 'node:fs';\nimport { join } from 'node:path';\nvoid [statSync, join];\nexport const f = virtine(() => ${body}, ${options});\n`;

describe('the lock holds the built policy', () => {
  it('with limits, if they are not the defaults', async () => {
    const made = projectWith({ 'a.ts': wrapped("{ limits: { memory: '64 MiB' } }") });
    await made.build(['a.ts']);
    expect(made.lock()['a.ts#f']!.policy).toEqual({ limits: { memory: '64 MiB' } });
    made.write('a.ts', wrapped("{ limits: { memory: '16 MiB' } }"));
    expect(await made.build(['a.ts'], FROZEN)).toEqual([]);
    made.write('a.ts', wrapped("{ limits: { memory: '65 MiB' } }"));
    await expect(made.build(['a.ts'], FROZEN)).rejects.toMatchObject({
      code: 'ERR_COMPILE',
      message: expect.stringMatching(
        /^a\.ts:5:\d+: virtine `f`: wider than colony\.lock\.json says: limits\.memory: 68157440, was 67108864\n.*the limits of its options/,
      ),
    });
    made.write('a.ts', wrapped('{}'));
    made.write('package.json', '{ "type": "module", "colony": { "limits": { "wallTime": "2 s" } } }');
    await expect(made.build(['a.ts'], FROZEN)).rejects.toThrow(/limits\.wallTime: 2000, was 1000/);
    made.write('package.json', '{ "type": "module" }');
    const limits = { hypercalls: Number.POSITIVE_INFINITY };
    await expect(made.build(['a.ts'], { ...FROZEN, limits })).rejects.toThrow(/limits\.hypercalls: Infinity/);
    await made.build(['a.ts'], { limits, acceptGrants: true });
    expect(made.lock()['a.ts#f']!.policy).toEqual({ limits });
    expect(await made.build(['a.ts'], { ...FROZEN, limits })).toEqual([]);
  });

  it('with limits that a profile raises', async () => {
    const wallTime = { p50: 1, p95: 1, p99: 1, max: 500 };
    const needed = {
      calls: 3,
      backend: 'wasm',
      memory: 2 ** 20,
      bytesIn: 1,
      bytesOut: 1,
      hypercalls: 1,
      pagesWritten: 1,
      cpuTime: 1,
      wallTime,
    };
    const made = projectWith({ 'a.ts': wrapped('{}') });
    await made.build(['a.ts']);
    const profile = (max: number) => ({ ...needed, wallTime: { ...wallTime, max } });
    made.write('colony.profile.json', JSON.stringify({ format: 1, virtines: { 'a.ts#f': profile(50) } }));
    expect(await made.build(['a.ts'], FROZEN)).toEqual([]);
    made.write('colony.profile.json', JSON.stringify({ format: 1, virtines: { 'a.ts#f': profile(500) } }));
    await expect(made.build(['a.ts'], FROZEN)).rejects.toThrow(/limits\.wallTime: 5000, was 1000/);
  });

  it('with accepted refusals, if there are any', async () => {
    const made = projectWith({ 'a.ts': wrapped("{ accept: ['node:fs', 'node:path'] }", "statSync('x').size") });
    await made.build(['a.ts']);
    expect(made.lock()['a.ts#f']!.accepted).toEqual(['node:fs']);
    expect(await made.build(['a.ts'], FROZEN)).toEqual([]);
    made.write('a.ts', wrapped("{ accept: ['node:fs', 'node:path'] }", "statSync('x').size + join('x').length"));
    await expect(made.build(['a.ts'], FROZEN)).rejects.toMatchObject({
      message: expect.stringMatching(
        /wider than colony\.lock\.json says: accept 'node:path'\n.*because of the project itself: 'node:path'/,
      ),
    });
    await made.build(['a.ts'], { acceptGrants: true });
    expect(made.lock()['a.ts#f']!.accepted).toEqual(['node:fs', 'node:path']);
  });
});

describe('a virtine under another name', () => {
  const SAME = 'of colony.lock.json, with the same content: its record goes along';

  it('is the same one after a rename', async () => {
    const made = projectWith({ 'a.ts': clock('price') });
    await made.build(['a.ts']);
    made.write('a.ts', clock('cost'));
    const [note, ...more] = await made.build(['a.ts'], FROZEN);
    expect(more).toEqual([]);
    expect(note).toBe(
      'a.ts:1:8: virtine `cost`: it is `a.ts#price` of colony.lock.json, with the same content: build where CI is not set, and commit the lock',
    );
    expect(await made.build(['a.ts'])).toEqual([expect.stringContaining(`it is \`a.ts#price\` ${SAME}`)]);
    expect(Object.keys(made.lock())).toEqual(['a.ts#cost']);
    expect(await made.build(['a.ts'])).toEqual([]);
  });

  it('is the same one after its file was moved', async () => {
    const made = projectWith({ 'a.ts': `${clock('price')}${clock('other', 'void x; ')}` });
    await made.build(['a.ts']);
    made.remove('a.ts');
    made.write('deep/b.ts', `${clock('price')}${clock('other', 'void x; ')}`);
    const notes = await made.build(['deep/b.ts'], FROZEN);
    expect(notes.map((note) => /it is `(.*?)`/.exec(note)?.[1])).toEqual(['a.ts#price', 'a.ts#other']);
    await made.build(['deep/b.ts']);
    expect(Object.keys(made.lock())).toEqual(['deep/b.ts#other', 'deep/b.ts#price']);
  });

  it('is the same one after it was moved to another file of the same build', async () => {
    const made = projectWith({
      'a.ts': `${clock('price')}${clock('other', 'void x; ')}`,
      'b.ts': clock('third', 'void 1; '),
    });
    await made.build(['a.ts', 'b.ts']);
    made.write('a.ts', clock('other', 'void x; '));
    made.write('b.ts', `${clock('third', 'void 1; ')}${clock('price')}`);
    expect(await made.build(['a.ts', 'b.ts'], FROZEN)).toEqual([expect.stringContaining('it is `a.ts#price`')]);
  });

  it('gets no more grants than its record has', async () => {
    const made = projectWith({ 'a.ts': clock('price') });
    await made.build(['a.ts']);
    const wider = clock('cost', 'console.log(x); ');
    made.write('a.ts', wider);
    await expect(made.build(['a.ts'], FROZEN)).rejects.toThrow(
      /it is not in colony\.lock\.json, and is granted console/,
    );
    const notes = await made.build(['a.ts']);
    expect(notes[0]).toContain('it is `a.ts#price` of colony.lock.json, it seems: its record goes along');
    expect(notes[1]).toMatch(/virtine `cost`: wider than colony\.lock\.json says: console/);
    expect(made.lock()['a.ts#cost']!.policy).toEqual({ clock: true });
    expect((await made.build(['a.ts'])).join('\n')).toMatch(/wider than colony\.lock\.json says: console/);
    await made.build(['a.ts'], { acceptGrants: true });
    expect(await made.build(['a.ts'], FROZEN)).toEqual([]);
  });

  it('is a new one if the first still exists, and is reported with its grants', async () => {
    const made = projectWith({ 'a.ts': clock('price') });
    await made.build(['a.ts']);
    made.write('a.ts', `${clock('price')}${clock('cost')}`);
    await expect(made.build(['a.ts'], FROZEN)).rejects.toThrow(
      /`cost`: it is not in colony\.lock\.json, and is granted clock/,
    );
    expect(await made.build(['a.ts'])).toEqual([
      'a.ts:5:8: virtine `cost`: it is new in colony.lock.json, and is granted clock',
    ]);
    expect(await made.build(['a.ts'])).toEqual([]);
  });

  it('does not use a record twice', async () => {
    const made = projectWith({ 'a.ts': clock('price') });
    await made.build(['a.ts']);
    made.write('a.ts', `${clock('one')}${clock('two')}`);
    await expect(made.build(['a.ts'], FROZEN)).rejects.toThrow(/virtine `two`: it is not in colony\.lock\.json/);
  });
});
