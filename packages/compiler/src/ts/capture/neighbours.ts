/**
 * Finds the effects of the project's files on each other. A module that the virtine does not import may fill values
 * that it uses, when it is loaded or when one of its functions is called. Packages are known by name only: their files
 * are not read here.
 */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { dirname, extname, join } from 'node:path';
import { nameFrom } from '../../source/names.js';
import type { Place } from '../../source/place.js';
import { bare, type Node, type Parsed, parse } from '../syntax/parse.js';
import { analyseScopes, type Binding, closest, type Scopes, specifierName } from '../syntax/scopes.js';
import { GUEST_GLOBALS } from '../values/platform.js';
import { initialiserOf } from '../values/purity.js';
import { Load } from './load.js';
import { ITSELF, StateMethods } from './state-methods.js';
import { rootOf, type Touch, Touches } from './touches.js';

/** A place where a module changes something, or may change it. */
export interface Effect {
  /** The changed file of the project or package name; '' for globals that every context has. */
  readonly target: string;
  /** The name in the declaring file, if it is imported by a name. */
  readonly name: string;
  readonly place: Place;
  readonly certain: boolean;
  /** It happens while the module is loaded. */
  readonly atLoad: boolean;
  /** It is in a function, which others may call. */
  readonly inFunction: boolean;
  /** Something may call that function after the module is loaded. */
  readonly later: boolean;
  /** A variable is assigned to. */
  readonly writes: boolean;
  /** For a call of the named value: whether its result is used. */
  readonly calls: 'used' | 'discarded' | undefined;
  /** The declaration of the changed name, if it is in the same file. */
  readonly declared?: Place;
  /** The start of the top-level declaration that contains it. */
  readonly within: Place;
}

interface Module {
  readonly stamp: string;
  /** Files of the project and names of packages. */
  readonly imports: readonly string[];
  /** Files and packages that it re-exports from. */
  readonly passes: readonly string[];
  readonly effects: readonly Effect[];
  /** Names of methods that change the object that they belong to; computed at the first use. */
  stateMethods?: ReadonlySet<string>;
}

const EXTENSIONS = ['.ts', '.tsx', '.mts', '.cts', '.js', '.jsx', '.mjs', '.cjs'];
const WRITTEN: Readonly<Record<string, readonly string[]>> = {
  '.js': ['.ts', '.tsx', '.js', '.jsx'],
  '.jsx': ['.tsx', '.jsx'],
  '.mjs': ['.mts', '.mjs'],
  '.cjs': ['.cts', '.cjs'],
};

export class Neighbours {
  readonly #modules = new Map<string, Module | undefined>();
  readonly #inert = new Map<string, boolean>();

  constructor(private readonly root: string) {}

  /** The target of an import: a file of the project, or a package name. Undefined if it is missing or not a module. */
  targetOf(from: string, specifier: string): string | undefined {
    if (!/^\.{0,2}\//.test(specifier)) return packageOf(specifier);
    const path = join(dirname(from), specifier);
    const extension = extname(path);
    const bare = path.slice(0, path.length - extension.length);
    const written = (WRITTEN[extension] ?? []).map((ending) => bare + ending);
    const guessed = EXTENSIONS.flatMap((ending) => [path + ending, join(path, `index${ending}`)]);
    return [...written, path, ...guessed].find(
      (candidate) => EXTENSIONS.includes(extname(candidate)) && isFile(candidate),
    );
  }

  /** The targets and everything that they import. */
  reach(targets: Iterable<string>): Set<string> {
    const reached = new Set(targets);
    for (const target of reached) for (const imported of this.#module(target)?.imports ?? []) reached.add(imported);
    return reached;
  }

  effectsOf(target: string): readonly Effect[] {
    return this.#module(target)?.effects ?? [];
  }

  /** Whether no function of the file, or of files that it calls, changes the state of modules. */
  isInert(target: string): boolean {
    const known = this.#inert.get(target);
    if (known !== undefined) return known;
    // A provisional result, for files that import each other.
    this.#inert.set(target, true);
    const module = this.#module(target);
    const inert =
      module?.passes.every((passed) => this.isInert(passed)) === true &&
      module.effects.every(
        (effect) =>
          !effect.inFunction || (!effect.certain && effect.calls !== undefined && this.isInert(effect.target)),
      );
    this.#inert.set(target, inert);
    return inert;
  }

  /** The effects of a file on the files and packages of `cut`, and on globals. For packages, only certain ones. */
  effectsOn(cut: ReadonlySet<string>, target: string): readonly Effect[] {
    return this.effectsOf(target).filter((effect) => {
      if (effect.target === '') return true;
      if (!this.leadsTo(effect.target, cut) || (effect.calls !== undefined && this.isInert(effect.target)))
        return false;
      return effect.certain || effect.calls !== 'used' || effect.target.startsWith('/');
    });
  }

  /** Whether `target` or a module that it re-exports is in `cut`. */
  leadsTo(target: string, cut: ReadonlySet<string>): boolean {
    return [...this.#passedBy(target)].some((passed) => cut.has(passed));
  }

  /**
   * Names of methods that change the object that they belong to, in a file and in the modules that it exports again.
   */
  stateMethodsOf(target: string): ReadonlySet<string> {
    return new Set([...this.#passedBy(target)].flatMap((file) => [...this.#stateMethodsIn(file)]));
  }

  /**
   * Reads the file a second time, because few files are requested. Collecting the names of all methods would make
   * reading a module take half as long again. Keeping the syntax trees of 150 modules with 11,000 lines would take 25 MB
   * instead of 2.
   */
  #stateMethodsIn(file: string): ReadonlySet<string> {
    const module = this.#module(file);
    if (module === undefined) return new Set();
    module.stateMethods ??= stateMethodsOf(file);
    return module.stateMethods;
  }

  /** The target, and the modules that it re-exports from. */
  #passedBy(target: string): Set<string> {
    const passed = new Set([target]);
    for (const module of passed) for (const next of this.#module(module)?.passes ?? []) passed.add(next);
    return passed;
  }

  /** Drops results of files that have changed. */
  refresh(): void {
    this.#inert.clear();
    for (const [file, module] of this.#modules) if (module?.stamp !== stampOf(file)) this.#modules.delete(file);
  }

  #module(target: string): Module | undefined {
    if (!this.#modules.has(target)) this.#modules.set(target, this.#read(target));
    return this.#modules.get(target);
  }

  #read(file: string): Module | undefined {
    const stamp = stampOf(file);
    if (stamp === undefined || !EXTENSIONS.includes(extname(file))) return undefined;
    try {
      const parsed = parse(nameFrom(this.root, file), readFileSync(file, 'utf8'));
      const scopes = analyseScopes(parsed.program);
      return {
        stamp,
        imports: this.importsOf(file, parsed),
        passes: this.#passesOf(file, parsed, scopes),
        effects: this.#effects(file, parsed, scopes),
      };
    } catch {
      // The bundler reports what is wrong with the file, if it is needed.
      return { stamp, imports: [], passes: [], effects: [] };
    }
  }

  /** Files of the project, and names of packages, that a module imports. */
  importsOf(file: string, { program }: Parsed): string[] {
    return program.body.flatMap((statement) => {
      const source = 'source' in statement && statement.source?.type === 'Literal' ? statement.source.value : undefined;
      const isType =
        ('importKind' in statement && statement.importKind === 'type') ||
        ('exportKind' in statement && statement.exportKind === 'type');
      const target = typeof source === 'string' && !isType ? this.targetOf(file, source) : undefined;
      return target === undefined ? [] : [target];
    });
  }

  #passesOf(file: string, { program }: Parsed, scopes: Scopes): string[] {
    const sources = program.body.flatMap((statement) => {
      if (statement.type === 'ExportAllDeclaration') return [statement.source.value];
      if (statement.type !== 'ExportNamedDeclaration') return [];
      if (statement.source !== null) return [statement.source.value];
      return statement.specifiers.flatMap(({ local }) => {
        const tracked = local.type === 'Identifier' ? scopes.bindings.get(local.name)?.tracked : undefined;
        return tracked?.type === 'Import' ? [tracked.importNode.source.value] : [];
      });
    });
    return sources.flatMap((source) => this.targetOf(file, source) ?? []);
  }

  #effects(file: string, parsed: Parsed, scopes: Scopes): Effect[] {
    const touches = new Touches(scopes);
    const load = new Load(scopes, []);
    const place = (node: Node) => parsed.lines.at(node.start);
    const effect = (target: string, name: string, { node, certain, calls }: Touch, writes = false): Effect => ({
      target,
      name,
      place: place(node),
      certain,
      calls,
      writes,
      atLoad: load.startsOf(node).size > 0,
      inFunction: load.functionAround(node) !== undefined,
      later: load.runsLater(node),
      within: place(declarationOf(load.topOf(node), node, scopes)),
    });
    const effects = [...scopes.bindings.values()].flatMap((binding) => {
      const target = this.holderOf(file, binding, scopes);
      if (target === undefined) return [];
      const name = importedAs(binding);
      const isOwn = binding.tracked.type !== 'Import';
      const declared = isOwn ? { declared: place(declaratorOf(binding, scopes)) } : {};
      const writes = binding.references.filter((reference) => reference.writes);
      return [
        ...writes.map(({ node }) => effect(file, name, { node, certain: true, calls: undefined }, true)),
        // A method of a value that another module created belongs to that module.
        ...touches.of(binding).map((touch) => effect(isOwn && touch.certain ? file : target, name, touch)),
      ].map((change) => ({ ...change, ...declared }));
    });
    const textOf = ({ start, end }: Node) => parsed.text.slice(start, end);
    const patches = touches.ofGlobals(GUEST_GLOBALS).map((touch) => effect('', textOf(touch.node), touch));
    return [...effects, ...patches, ...touches.ofThis().map((touch) => effect(file, 'this', touch))];
  }

  /** The file that an import leads to, or the one whose code created the value: `new Cache()`. */
  holderOf(file: string, binding: Binding, scopes: Scopes): string | undefined {
    if (binding.tracked.type === 'Import') return this.targetOf(file, binding.tracked.importNode.source.value);
    const init = initialiserOf(binding, scopes);
    const made = init === undefined ? undefined : bare(init);
    if (made?.type !== 'NewExpression' && made?.type !== 'CallExpression') return file;
    const root = rootOf(made.callee);
    const maker = scopes.references.find(({ node }) => node === root)?.binding;
    return maker === undefined || maker === binding ? file : this.holderOf(file, maker, scopes);
  }
}

function stateMethodsOf(file: string): ReadonlySet<string> {
  try {
    const scopes = analyseScopes(parse(file, readFileSync(file, 'utf8')).program);
    const names = new StateMethods(scopes, new Touches(scopes)).names();
    // Functions that keep something are known by what they assign to.
    return new Set([...names].filter((name) => name !== ITSELF));
  } catch {
    // The bundler reports what is wrong with the file, if it is needed.
    return new Set();
  }
}

function importedAs({ name, tracked }: Binding): string {
  return tracked.type === 'Import' && tracked.node.type === 'ImportSpecifier' ? specifierName(tracked.node) : name;
}

/** The declaration, one of several in a statement. */
function declarationOf(top: Node, node: Node, scopes: Scopes): Node {
  const declarator = closest(
    node,
    scopes.parents,
    (ancestor): ancestor is Node => ancestor.type === 'VariableDeclarator' && isTop(ancestor, top, scopes),
  );
  if (declarator !== undefined) return declarator;
  return 'declaration' in top && top.declaration ? (top.declaration as Node) : top;
}

function isTop(declarator: Node, top: Node, scopes: Scopes): boolean {
  const declaration = scopes.parents.get(declarator);
  return declaration === top || (declaration !== undefined && scopes.parents.get(declaration) === top);
}

function declaratorOf({ node }: Binding, scopes: Scopes): Node {
  const parent = scopes.parents.get(node);
  return parent?.type === 'VariableDeclarator' ? parent : node;
}

function packageOf(specifier: string): string {
  return specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/');
}

function stampOf(file: string): string | undefined {
  const stats = statSync(file, { throwIfNoEntry: false });
  return stats?.isFile() ? `${stats.mtimeMs} ${stats.size}` : undefined;
}

const isFile = (file: string) => existsSync(file) && statSync(file).isFile();
