/** The bundle as the guest gets it: imports that no guest has become stubs which say so when they are used. */
import MagicString from 'magic-string';
import { RUNTIME } from './mark.js';
import type { Node, Parsed } from './parse.js';
import type { Reference, Scopes } from './scopes.js';

const INNER_NAME = '__colony_inner';

/** The guest's own half of the runtime: inside a context a virtine is a function like any other. */
const SHIMS: Readonly<Record<string, string>> = {
  host: 'globalThis.host',
  virtine: INNER_NAME,
};

const INNER =
  'function __colony_inner(fn) { return Object.assign(async (...args) => fn(...args), { sync: fn, ready: async () => {}, dispose: async () => {} }); }';

const MISSING = `function __colony_missing(name) {
  const fail = () => { throw new Error(name + " is not there in a context: the build accepted it because it should never run"); };
  const stub = new Proxy(function () {}, { get: (_, key) => (typeof key === "symbol" || key === "then" ? undefined : stub), apply: fail, construct: fail });
  return stub;
}`;

/** Of a host's global where a use of it was accepted: what the program itself has put there by then. */
const GLOBAL = `function __colony_global(name) {
  return name in globalThis ? globalThis[name] : __colony_missing(name);
}`;

/** Lines stay where they are, so that the source map stays true. `globals`: accepted uses of hosts' globals. */
export function finishBundle(parsed: Parsed, scopes: Scopes, globals: readonly Reference[]): string {
  const text = new MagicString(parsed.text);
  let missing = globals.length > 0;
  let inner = false;
  for (const statement of parsed.program.body) {
    if (statement.type === 'ImportDeclaration') {
      const source = statement.source.value;
      const stubs = statement.specifiers.map((specifier) => {
        const value = source === RUNTIME ? shimOf(specifier) : `__colony_missing(${JSON.stringify(source)})`;
        if (source !== RUNTIME) missing = true;
        else if (value.includes(INNER_NAME)) inner = true;
        // The global of that name is what it would be.
        return value === `globalThis.${specifier.local.name}` ? '' : `const ${specifier.local.name} = ${value};`;
      });
      text.overwrite(statement.start, statement.end, stubs.join(' ').trim() || ';');
    } else if (statement.type === 'VariableDeclaration') {
      const helper = statement.declarations.find(({ id }) => id.type === 'Identifier' && id.name === '__require');
      if (helper?.init == null) continue;
      missing = true;
      const lines = parsed.text.slice(helper.init.start, helper.init.end).split('\n').length - 1;
      text.overwrite(helper.init.start, helper.init.end, `__colony_missing${'\n'.repeat(lines)}`);
    }
  }
  for (const { name, node } of globals) {
    const parent = scopes.parents.get(node);
    const key = parent?.type === 'Property' && parent.shorthand ? `${name}: ` : '';
    text.overwrite(node.start, node.end, `${key}(__colony_global(${JSON.stringify(name)}))`);
  }
  if (globals.length > 0) text.append(`\n${GLOBAL}`);
  if (inner) text.append(`\n${INNER}`);
  if (missing) text.append(`\n${MISSING}`);
  return text.toString();
}

type Specifier = Extract<Node, { type: 'ImportSpecifier' | 'ImportDefaultSpecifier' | 'ImportNamespaceSpecifier' }>;

function shimOf(specifier: Specifier): string {
  if (specifier.type === 'ImportNamespaceSpecifier') return '{ host: globalThis.host, virtine: __colony_inner }';
  const name =
    specifier.type === 'ImportSpecifier' && specifier.imported.type === 'Identifier' ? specifier.imported.name : '';
  return SHIMS[name] ?? 'undefined';
}
