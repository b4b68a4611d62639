/** JavaScript programs: from source, from a file, from a function. */
import { ColonyError } from '../errors.js';
import { joinPath, OptionReader, showError } from '../options/option-reader.js';
import { type FilePath, readPath } from '../options/paths.js';
import { readSourceTree, type SourceTree } from './files.js';
import { makeProgram } from './make.js';
import { stripTypes } from './strip.js';
import type { AnyExports, Program } from './types.js';

const program = <E>(tree: SourceTree): Program<E> => makeProgram<E>({ kind: 'js', ...tree });

/** Returns the text of a template as written, with values inserted as JSON literals. */
function templateText(raw: readonly string[], values: readonly unknown[], reader: OptionReader): string {
  if (values.length > 0 && raw.every((part) => part.trim() === '')) {
    const { root } = reader;
    throw new ColonyError(
      'ERR_BAD_OPTION',
      `${root}: the template has only values, which are inserted as JSON literals and never run; to run source text, call ${root}(text)`,
      { details: { path: `${root}.source` } },
    );
  }
  const parts = raw.map((part) => part.replace(/\\(`|\$\{)/g, '$1'));
  return parts.reduce((text, part, index) => text + literal(values[index - 1], `values[${index - 1}]`, reader) + part);
}

function literal(value: unknown, path: string, reader: OptionReader): string {
  let why = 'it is not JSON data';
  try {
    const text = typeof value === 'function' || typeof value === 'symbol' ? undefined : JSON.stringify(value);
    if (text !== undefined) return text.replace(/</g, '\\u003c');
  } catch (error) {
    why = showError(error); // a bigint, a cycle, or a getter that throws
  }
  const where = `${reader.root}.${path}`;
  const message = `${where}: the value cannot be in a template (${why}); pass it as an argument of the call`;
  throw new ColonyError('ERR_BAD_OPTION', message, { details: { path: where } });
}

export interface SourceOptions {
  /** Name in stack traces; default `program.js`. */
  readonly filename?: string;
  /** Source texts of other modules, by names relative to the program's folder: `lib/two.js`. */
  readonly modules?: Readonly<Record<string, string>>;
}

interface Read {
  readonly text: string;
  readonly filename: string | undefined;
  readonly modules: Readonly<Record<string, string>>;
}

function readSourceOptions(options: unknown, reader: OptionReader): Omit<Read, 'text'> {
  const { filename, modules } = options === undefined ? {} : reader.object(options, 'options', ['filename', 'modules']);
  const texts = modules === undefined ? {} : reader.object(modules, 'options.modules');
  const read = Object.entries(texts).map(([name, text]) => {
    if (typeof text !== 'string') reader.fail(joinPath('options.modules', name), 'source text', text);
    return [name, text] as const;
  });
  return {
    filename: filename === undefined ? undefined : reader.string(filename, 'options.filename'),
    modules: Object.freeze(Object.fromEntries(read)),
  };
}

function readSource(name: 'js' | 'ts', source: unknown, rest: readonly unknown[]): Read {
  const reader = new OptionReader('ERR_BAD_OPTION', name);
  if (typeof source === 'string') return { text: source, ...readSourceOptions(rest[0], reader) };
  const isTemplate = reader.look(
    'source',
    () => Array.isArray(source) && Array.isArray((source as unknown as Strings).raw),
  );
  if (!isTemplate) reader.fail('source', `a template or source text: ${name}\`...\` or ${name}(text)`, source);
  const raw = reader.list((source as Strings).raw, 'source', (part, path) =>
    typeof part === 'string' ? part : reader.fail(path, 'a string', part),
  );
  if (raw.length !== rest.length + 1) reader.fail('source', 'one value between two parts of the template', source);
  return { text: templateText(raw, rest, reader), filename: undefined, modules: {} };
}

type Strings = TemplateStringsArray;

/** Makes a program of source text, as a function or a template's tag. */
interface FromSource {
  /**
   * A template: \`\`js\`export const f = () => ${value}\`\`. Values are inserted as JSON literals, never as source.
   * @throws ColonyError ERR_BAD_OPTION if a value is not JSON data
   */
  <E = AnyExports>(source: TemplateStringsArray, ...values: unknown[]): Program<E>;
  /** Source text from a string: the form for other people's code. */
  <E = AnyExports>(source: string, options?: SourceOptions): Program<E>;
}

/**
 * Makes an ES module of source text without parsing it. Syntax errors appear as ERR_COMPILE when a context is created.
 */
const fromSource: FromSource = <E = AnyExports>(source: unknown, ...rest: unknown[]): Program<E> => {
  const { text, filename = 'program.js', modules } = readSource('js', source, rest);
  return program<E>({ filename, source: text, modules });
};

/**
 * Does the same as `js` for TypeScript. Types are stripped and lines keep their numbers.
 * @throws ColonyError ERR_COMPILE, ERR_BAD_OPTION
 */
export const ts: FromSource = <E = AnyExports>(source: unknown, ...rest: unknown[]): Program<E> => {
  const { text, filename = 'program.ts', modules } = readSource('ts', source, rest);
  const stripped = Object.entries(modules).map(([name, module]) => [name, stripTypes(module, name)]);
  return program<E>({ filename, source: stripTypes(text, filename), modules: Object.fromEntries(stripped) });
};

/**
 * Reads a module file, JavaScript or TypeScript, with the files that it imports by relative paths. A relative `file` is
 * relative to the working directory; `new URL('guest.js', import.meta.url)` is relative to the calling module.
 * @throws ColonyError ERR_COMPILE, ERR_BAD_OPTION
 */
function fromFile<E = AnyExports>(file: FilePath): Program<E> {
  return program<E>(readSourceTree(readPath(file, new OptionReader('ERR_BAD_OPTION', 'js.file'), 'file')));
}

// biome-ignore lint/suspicious/noExplicitAny: accepts any function
type AnyFunction = (...args: any[]) => any;

/**
 * Makes a program of a function's own source, exported as `default` and by its name. Variables around the function do
 * not exist in the program.
 * @throws ColonyError ERR_COMPILE for native and bound functions
 */
function fromFunction<F extends AnyFunction>(fn: F): Program<{ default: F }> {
  const reader = new OptionReader('ERR_BAD_OPTION', 'js.fn');
  reader.function(fn, 'fn');
  const ownName: unknown = reader.look('fn', () => fn.name);
  // A class can have a static `name` of any type.
  const name = typeof ownName === 'string' ? ownName : '';
  const text = Function.prototype.toString.call(fn);
  const expression = [text, `function ${text}`, `async ${text.replace(/^async\s+/, 'function ')}`].find(isExpression);
  if (expression === undefined || /\{\s*\[native code\]\s*\}$/.test(text)) {
    throw new ColonyError(
      'ERR_COMPILE',
      `js.fn: the source of ${name === '' ? 'the function' : `\`${name}\``} does not work alone; pass a plain function`,
    );
  }
  const named = /^[A-Za-z_$][\w$]*$/.test(name) && name !== 'default' ? `, __main as ${name}` : '';
  const source = `const __main = (${expression}\n);\nexport { __main as default${named} };\n`;
  return program({ filename: `${name || 'function'}.js`, source, modules: {} });
}

function isExpression(text: string): boolean {
  try {
    // Parses the text; the new function is never called.
    new Function(`return (${text}\n)`);
    return true;
  } catch {
    return false;
  }
}

/** JavaScript programs: `js` with a template or source text, `js.file` from a file, `js.fn` from a function. */
export const js = Object.assign(fromSource, { file: fromFile, fn: fromFunction });
