/**
 * Tests the published declarations for consumers of several kinds: code that compiles, and code that must not, with its
 * error.
 */
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';

const file = (name: string) => fileURLToPath(new URL(`consumer/${name}`, import.meta.url));

/** Returns the errors by line in the file itself, and those in declarations. */
function compile(name: string, options: ts.CompilerOptions) {
  const program = ts.createProgram([file(name)], {
    target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    strict: true,
    exactOptionalPropertyTypes: true,
    noEmit: true,
    ...options,
  });
  const problems = ts.getPreEmitDiagnostics(program).map((diagnostic) => {
    const text = ts.flattenDiagnosticMessageText(diagnostic.messageText, '\n');
    const line = diagnostic.file?.getLineAndCharacterOfPosition(diagnostic.start ?? 0).line ?? 0;
    return {
      file: diagnostic.file?.fileName ?? '',
      source: diagnostic.file?.text.split('\n')[line]?.trim() ?? '',
      text,
    };
  });
  return {
    own: problems.filter((problem) => problem.file === file(name)),
    others: problems.filter((problem) => problem.file !== file(name)).map(({ file: at, text }) => `${at}: ${text}`),
  };
}

/** Kinds of consumers: with neither Node's types nor the DOM's, with the former, with the latter. */
const CONSUMERS: [string, ts.CompilerOptions][] = [
  ['no types of a platform', { lib: ['lib.es2022.d.ts'], types: [] }],
  ['@types/node', { lib: ['lib.es2022.d.ts'], types: ['node'] }],
  ['the DOM', { lib: ['lib.es2022.d.ts', 'lib.dom.d.ts'], types: [] }],
];

/** Lines of host.ts that must not compile, and a pattern for the beginning of each error. */
const WRONG: Readonly<Record<string, RegExp>> = {
  'createContext({});': /'ContextOptions/,
  "createContext({ backend: 'kvm' });": /'ContextOptions|'program'|'snapshot'/,
  "context.callSync('nope');": /'"nope"' is not assignable to parameter of type/,
  "await context.call('ad', 1, 2);": /'"ad"' is not assignable to parameter of type/,
  "await context.call('add', 1);": /Expected 3 arguments/,
  "await context.call('add', 'one', 2);": /'string' is not assignable to parameter of type 'number'/,
  "await context.callBatch('nope', [[1, 2]]);": /'"nope"' is not assignable to parameter of type/,
  'js(undefined);': /No overload|not assignable/,
  "js({ source: 'x' });": /No overload|not assignable/,
  'native.c(1);': /'number' is not assignable/,
  'wasm(1);': /'number' is not assignable/,
  'component([]);': /not assignable/,
  'createContext({ program, backend: 7 });': /'number' is not assignable|No overload/,
  'createContext({ program, programm: program });': /programm/,
};

describe.each(CONSUMERS)('a consumer with %s', { timeout: 300_000 }, (_name, options) => {
  it('host code compiles with the declarations, and each mistake is an error with its reason', () => {
    const { own, others } = compile('host.ts', options);
    expect(others).toEqual([]);
    expect(own.map(({ source }) => source).sort()).toEqual(Object.keys(WRONG).sort());
    for (const { source, text } of own) expect(text).toMatch(WRONG[source]!);
  });

  it('guest code has host, colony and console', () => {
    const { own, others } = compile('guest.ts', options);
    expect(others).toEqual([]);
    expect(own).toEqual([expect.objectContaining({ text: expect.stringContaining("'prize' does not exist") })]);
  });
});

it('names of backends are completed', () => {
  const name = file('completions.ts');
  const source = "import { createContext } from '@colony/core';\ncreateContext({ backend: '' });\n";
  const host: ts.LanguageServiceHost = {
    getScriptFileNames: () => [name],
    getScriptVersion: () => '1',
    getScriptSnapshot: (path) => {
      const text = path === name ? source : ts.sys.readFile(path);
      return text === undefined ? undefined : ts.ScriptSnapshot.fromString(text);
    },
    getCurrentDirectory: () => fileURLToPath(new URL('.', import.meta.url)),
    getCompilationSettings: () => ({ module: ts.ModuleKind.NodeNext, target: ts.ScriptTarget.ES2022, types: [] }),
    getDefaultLibFileName: ts.getDefaultLibFilePath,
    fileExists: ts.sys.fileExists,
    readFile: ts.sys.readFile,
    directoryExists: ts.sys.directoryExists,
    getDirectories: ts.sys.getDirectories,
  };
  const service = ts.createLanguageService(host);
  const at = source.indexOf("''") + 1;
  const names = service.getCompletionsAtPosition(name, at, {})?.entries.map((entry) => entry.name);
  expect(names?.sort()).toEqual(['auto', 'kvm', 'process', 'wasm']);
});
