/**
 * Recognizes the bundler's helpers that the analysis must know. They are identified by their text, not by name. A
 * package may use the same names for other code, or include the same helpers, which then mean the same.
 */
import { isFunction, type Node, type Parsed } from '../syntax/parse.js';
import type { Binding, Scopes } from '../syntax/scopes.js';

type Helper = 'module' | 'require';

/** The texts as esbuild writes them; a test compares them. A helper with another text is analysed like other code. */
export const HELPER_TEXTS: ReadonlyMap<string, Helper> = new Map([
  [
    `(cb, mod) => function() {
  try {
    return mod || (0, cb[__getOwnPropNames(cb)[0]])((mod = { exports: {} }).exports, mod), mod.exports;
  } catch (e) {
    throw mod = 0, e;
  }
}`,
    'module',
  ],
  [
    `(fn, res, err) => function() {
  if (err) throw err[0];
  try {
    return fn && (res = (0, fn[__getOwnPropNames(fn)[0]])(fn = 0)), res;
  } catch (e) {
    throw err = [e], e;
  }
}`,
    'module',
  ],
  [
    `((x) => typeof require < "u" ? require : typeof Proxy < "u" ? new Proxy(x, {
  get: (a, b) => (typeof require < "u" ? require : a)[b]
}) : x)(function(x) {
  if (typeof require < "u") return require.apply(this, arguments);
  throw Error('Dynamic require of "' + x + '" is not supported');
})`,
    'require',
  ],
]);

const LISTER = '__getOwnPropNames';
/** Words that keep their meaning. The bundler adds numbers to a helper's own names if they are taken. */
const FIXED =
  /^(?:Object|Proxy|Error|arguments|require|this|typeof|function|return|try|catch|throw|if|new|get|exports)$/;
const WORDS = /([A-Za-z_$][\w$]*)/;
const CANDIDATES = [...HELPER_TEXTS].map(([text, helper]) => ({
  helper,
  words: text.split(WORDS),
  length: text.length,
}));
/** Upper bound of the characters that the added numbers take. */
const MOST_MORE = 256;

/**
 * Matches a text that is one of the helpers except for numbers after its own names. Each name must stand for one name
 * throughout. Returns the names.
 */
function match(text: string): { readonly helper: Helper; readonly names: ReadonlyMap<string, string> } | undefined {
  const fitting = CANDIDATES.filter(({ length }) => text.length >= length && text.length <= length + MOST_MORE);
  if (fitting.length === 0) return undefined;
  const words = text.split(WORDS);
  for (const candidate of fitting) {
    const names = candidate.words.length === words.length ? renamed(candidate.words, words) : undefined;
    if (names !== undefined) return { helper: candidate.helper, names };
  }
  return undefined;
}

function renamed(from: readonly string[], to: readonly string[]): ReadonlyMap<string, string> | undefined {
  const names = new Map<string, string>();
  for (const [index, word] of from.entries()) {
    const other = to[index]!;
    if (!WORDS.test(word) || FIXED.test(word)) {
      if (word !== other) return undefined;
    } else if (!other.startsWith(word) || !/^\d*$/.test(other.slice(word.length))) return undefined;
    else if ((names.get(word) ?? other) !== other) return undefined;
    else names.set(word, other);
  }
  return new Set(names.values()).size === names.size ? names : undefined;
}

interface Found {
  readonly helper: Helper;
  readonly init: Node;
  /** The variable that holds `Object.getOwnPropertyNames`. */
  readonly lister: string | undefined;
}

/** Finds the helpers among the declarations of a bundle, by their names in the bundle. */
export function helpersIn({ program, text }: Parsed): ReadonlyMap<string, Found> {
  const initialisers = new Map<string, Node>();
  for (const statement of program.body) {
    if (statement.type !== 'VariableDeclaration') continue;
    for (const { id, init } of statement.declarations) {
      if (id.type === 'Identifier' && init !== null) initialisers.set(id.name, init);
    }
  }
  const helpers = new Map<string, Found>();
  for (const [name, init] of initialisers) {
    if (init.type !== 'ArrowFunctionExpression' && init.type !== 'CallExpression') continue;
    const { helper, names } = match(text.slice(init.start, init.end)) ?? {};
    const lister = names?.get(LISTER);
    const listed = lister === undefined ? undefined : initialisers.get(lister);
    const isListed = listed !== undefined && text.slice(listed.start, listed.end) === 'Object.getOwnPropertyNames';
    if (helper !== undefined && (lister === undefined || isListed)) helpers.set(name, { helper, init, lister });
  }
  return helpers;
}

/**
 * Returns the function in `__commonJS({ "file"(exports, module) {...} })`, which runs when the module is first
 * required.
 */
export function moduleIn(init: Node | null | undefined, isModuleHelper: (name: string) => boolean): Node | undefined {
  if (init?.type !== 'CallExpression' || init.callee.type !== 'Identifier' || init.arguments.length !== 1)
    return undefined;
  if (!isModuleHelper(init.callee.name)) return undefined;
  const [modules] = init.arguments;
  const [property] = modules?.type === 'ObjectExpression' && modules.properties.length === 1 ? modules.properties : [];
  return property?.type === 'Property' && !property.computed && isFunction(property.value) ? property.value : undefined;
}

export class Helpers {
  readonly #known = new Map<string, Helper>();
  /** Initialisers of `__require`: no part of them runs in a guest. */
  readonly requires: readonly Node[];

  constructor(bundle: Parsed, scopes: Scopes) {
    const requires: Node[] = [];
    for (const [name, { helper, init, lister }] of helpersIn(bundle)) {
      const isChanged = (name: string) => scopes.bindings.get(name)?.references.some(({ writes }) => writes);
      if (scopes.bindings.has('Object') || isChanged(name) || (lister !== undefined && isChanged(lister))) continue;
      this.#known.set(name, helper);
      if (helper === 'require') requires.push(init);
    }
    this.requires = requires;
  }

  isRequire(binding: Binding): boolean {
    return binding.top && this.#known.get(binding.name) === 'require';
  }

  moduleIn(init: Node | null | undefined): Node | undefined {
    return moduleIn(init, (name) => this.#known.get(name) === 'module');
  }
}
