import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { component, createContext, js, native, ts, wasm } from '../src/index.js';
import { fakeBackend } from './fake-backend.js';

const root = mkdtempSync(join(tmpdir(), 'colony-programs-'));
const file = (name: string, text: string) => {
  mkdirSync(join(root, name, '..'), { recursive: true });
  writeFileSync(join(root, name), text);
  return join(root, name);
};
const source = (program: { resolved: unknown }) => (program.resolved as { source: string }).source;
const codeOf = (work: () => unknown) => expect(work).toThrow(expect.objectContaining({ code: 'ERR_COMPILE' }));

describe('js', () => {
  it('a template’s source is unchanged, and its values are JSON', () => {
    expect(source(js`const a = "\n"; const b = ${'x"</script>'}; const c = \`\${a}\`; ${{ d: 1 }}`)).toBe(
      // biome-ignore lint/suspicious/noTemplateCurlyInString: it is the text of a template
      'const a = "\\n"; const b = "x\\"\\u003c/script>"; const c = `${a}`; {"d":1}',
    );
    expect(() => js`${() => 1}`).toThrow(expect.objectContaining({ code: 'ERR_BAD_OPTION' }));
  });
  it('the hash is of the content', () => {
    expect(js`1`.hash).toBe(js`1`.hash);
    expect(js`1`.hash).not.toBe(js`2`.hash);
    expect(js('1', { filename: 'a.js' }).hash).not.toBe(js`1`.hash);
    expect(Object.isFrozen(js`1`) && Object.isFrozen(js`1`.resolved)).toBe(true);
  });
  it('functions have every form', () => {
    const forms = [
      function plain(a: number) {
        return a;
      },
      (a: number) => a,
      async (a: number) => a,
      {
        method(a: number) {
          return a;
        },
      }.method,
      {
        async later(a: number) {
          return a;
        },
      }.later,
      function* gen() {
        yield 1;
      },
    ];
    for (const fn of forms) expect(source(js.fn(fn as never))).toContain('__main as default');
    for (const fn of [Math.max, forms[0]!.bind(null)]) codeOf(() => js.fn(fn as never));
  });
  it('a file comes with its imports, in TypeScript too, with its lines and names', async () => {
    const main = file(
      'app/src/main.ts',
      "import { twice } from '../lib/twice.js';\nimport type { X } from './types.js';\nexport function run(n: number): number {\n  if (n < 0) throw new Error('negative');\n  return twice(n);\n}\n",
    );
    file(
      'app/lib/twice.ts',
      "import { two } from './two.mjs';\nexport const twice = (n: number): number => n * two;\n",
    );
    file('app/lib/two.mjs', 'export const two = 2;\n');
    const program = js.file(main);
    expect(program.filename).toBe('src/main.ts');
    expect(Object.keys((program.resolved as { modules: object }).modules)).toEqual(['lib/twice.js', 'lib/two.mjs']);
    await using ctx = await createContext({ backend: fakeBackend(), program });
    expect(await ctx.call('run', 4)).toBe(8);
    const error = await ctx.call('run', -1).catch((thrown) => thrown);
    expect(error.details.guest.stack).toContain('src/main.ts:4');
  });
  it('a file: URL is a path, also as a string', () => {
    const path = file('by-url.js', 'export const f = () => 1;');
    const url = pathToFileURL(path);
    for (const file of [url, url.href]) expect(js.file(file).hash).toBe(js.file(path).hash);
    const c = pathToFileURL(file('by-url.c', 'int f(void) { return 1; }'));
    expect(native.c(c).resolved).toMatchObject({ cFile: fileURLToPath(c), filename: 'by-url.c' });
    expect(() => js.file(new URL('https://example.com/x.js'))).toThrow(
      expect.objectContaining({ code: 'ERR_BAD_OPTION', details: { path: 'js.file.file' } }),
    );
  });
  it('a template with only values has an error that recommends js(text)', () => {
    const code = 'export const f = () => 1';
    expect(() => js`${code}`).toThrow(expect.objectContaining({ message: expect.stringContaining('call js(text)') }));
    expect(() => ts` ${code} `).toThrow(expect.objectContaining({ message: expect.stringContaining('call ts(text)') }));
    expect(source(js(code))).toBe(code);
  });
  it('a syntax error has its place', () => {
    expect(() => ts`const a: = 1`).toThrow(
      expect.objectContaining({ code: 'ERR_COMPILE', message: expect.stringContaining('program.ts:1:10') }),
    );
    codeOf(() => ts`enum E { A }`);
    codeOf(() => js.file(join(root, 'nothing.js')));
    codeOf(() => js.file(file('bare.js', "import x from 'left-pad'")));
    codeOf(() => js.file(file('broken-import.js', "import x from './not-there.js'")));
    codeOf(() => js.file(file('broken.js', 'export const a = 1;\nimport {')));
  });
});

it('native and wasm check their input', () => {
  const elf = new Uint8Array(64);
  elf.set([0x7f, 0x45, 0x4c, 0x46]);
  expect(native.image(elf)).toMatchObject({ kind: 'native', hash: expect.stringMatching(/^[0-9a-f]{64}$/) });
  codeOf(() => native.image(new Uint8Array(64)));
  codeOf(() => native.image(join(root, 'none')));
  const c = native.c(file('a.c', 'int f(void) { return 1; }'), { flags: ['-O3'] });
  expect(c.resolved).toMatchObject({ kind: 'native', cFlags: ['-O3'], filename: 'a.c' });
  expect(wasm(new Uint8Array([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0])).kind).toBe('wasm');
  codeOf(() => wasm(new Uint8Array(8)));
  const component_ = new Uint8Array([0, 0x61, 0x73, 0x6d, 0x0d, 0, 1, 0]);
  expect(component(component_)).toMatchObject({ kind: 'component', hash: expect.stringMatching(/^[0-9a-f]{64}$/) });
  expect(() => wasm(component_)).toThrow(/it is a WebAssembly component: use component\(/);
  expect(() => component(new Uint8Array([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]))).toThrow(/module: use wasm\(/);
  codeOf(() => component(new Uint8Array([0, 0x61, 0x73, 0x6d, 9, 9, 9, 9])));
});
