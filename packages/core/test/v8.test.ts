/** Tests the option `engine`: the program that it makes, its form in snapshot files, its load frames, and refusals. */
import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readContextOptions } from '../src/context/options.js';
import { prepareProgram } from '../src/context/prepared-program.js';
import { createContext, js, linux, type ResolvedProgram } from '../src/index.js';
import { OptionReader } from '../src/options/option-reader.js';
import { readProgram } from '../src/programs/check.js';
import { programParts, readProgramParts } from '../src/snapshots/program.js';
import { concat, decode } from '../src/wire/codec/public.js';

const root = fs.mkdtempSync(join(tmpdir(), 'colony-v8-'));
const [one, other] = [join(root, 'one'), join(root, 'other')];
beforeAll(() => {
  fs.writeFileSync(one, '\x7fELF one');
  fs.writeFileSync(other, '\x7fELF other');
});
afterAll(() => fs.rmSync(root, { recursive: true, force: true }));

const PROGRAM = js('export const a = 1;', { filename: 'a.mjs' });
const onEngine = (engine: unknown, program: unknown = PROGRAM) => readContextOptions({ program, engine }).program;
const resolvedOn = (engine: unknown) => onEngine(engine).resolved as ResolvedProgram & { kind: 'v8' };

async function refusal(options: object): Promise<{ code: string; message: string }> {
  return await createContext({ program: PROGRAM, ...options } as never).then(
    () => Promise.reject(new Error('it was accepted')),
    (error) => error,
  );
}

describe('the option engine', () => {
  it('makes a program of its own, which a Linux program serves', () => {
    const program = resolvedOn({ v8: one });
    expect(program).toMatchObject({ kind: 'v8', filename: 'a.mjs', source: 'export const a = 1;', modules: {} });
    expect(program.engine).toMatchObject({ kind: 'linux', filename: one });
    const scripts = program.engine.args.slice(-2);
    expect(scripts).toEqual(['/colony/engine.cjs', '/colony/runtime.js']);
    for (const path of scripts) {
      const script = program.engine.files.find((file) => file.path === path);
      expect(script !== undefined && 'content' in script && script.content.length).toBeGreaterThan(3000);
    }
    expect(resolvedOn('v8').engine.filename).toBe(fs.realpathSync(process.execPath));
  });

  it('makes another program for another engine, and the same for the same', () => {
    const hashes = [PROGRAM.hash, onEngine({ v8: one }).hash, onEngine({ v8: other }).hash, onEngine('v8').hash];
    expect(new Set(hashes).size).toBe(4);
    expect(onEngine({ v8: one }).hash).toBe(hashes[1]);
    expect(onEngine('v8', onEngine({ v8: one })).hash).toBe(hashes[1]);
    expect(onEngine(undefined).hash).toBe(PROGRAM.hash);
  });

  it('a program survives snapshot files, and copies of this package', () => {
    const program = onEngine({ v8: one });
    expect(readProgramParts(programParts(program.resolved, undefined))?.hash).toBe(program.hash);
    const copy = { ...program, resolved: { ...program.resolved } };
    expect(readProgram(copy, new OptionReader('ERR_BAD_OPTION', 'test'), 'program').hash).toBe(program.hash);
    const parts = programParts(program.resolved, undefined);
    for (const bad of [
      parts.slice(0, -1),
      [...parts, 1],
      [...parts.slice(0, -1), programParts(PROGRAM.resolved, undefined)],
    ])
      expect(readProgramParts(bad)).toBeUndefined();
    const forged = { ...program, resolved: { ...program.resolved, engine: PROGRAM.resolved } };
    expect(() => readProgram(forged, new OptionReader('ERR_BAD_OPTION', 'test'), 'program')).toThrow(/'linux'/);
  });

  it('loads the engine first, as a program that serves calls, and then the program', () => {
    const prepared = prepareProgram(resolvedOn({ v8: one }));
    const engine = decode(concat(prepared.engineFrame!())) as unknown[];
    expect([engine[0], engine[1], engine.at(-1)]).toEqual([0, one, true]);
    expect(decode(concat(prepared.loadFrame()))).toEqual([0, 'a.mjs', 'export const a = 1;', {}]);
    expect([...prepared.services!.keys()]).toContain('colony:linux.read');
    const program = linux({ executable: one, system: false }).resolved;
    expect((decode(concat(prepareProgram(program).loadFrame())) as unknown[]).at(-1)).toBe(false);
  });

  it.each([
    [{ engine: 'v7' }, 'ERR_BAD_OPTION', /'v8', or \{ v8: the path of a Node \}/],
    [{ engine: null }, 'ERR_BAD_OPTION', /engine/],
    [{ engine: { v8: 7 } }, 'ERR_BAD_OPTION', /engine\.v8/],
    [{ engine: { v8: one, v9: one } }, 'ERR_BAD_OPTION', /v9/],
    [{ engine: { v8: join(root, 'none') } }, 'ERR_COMPILE', /none/],
    [{ engine: { v8: import.meta.filename } }, 'ERR_COMPILE', /not a Linux executable/],
  ])('refuses %j', async (options, code, message) => {
    const error = await refusal(options);
    expect(error.code).toBe(code);
    expect(error.message).toMatch(message);
  });

  it('is only for JavaScript', async () => {
    const error = await refusal({ engine: 'v8', program: linux({ executable: one, system: false }) });
    expect([error.code, error.message]).toEqual(['ERR_BAD_OPTION', expect.stringMatching(/only JavaScript programs/)]);
  });
});
