/** ES modules of the guest: the main one and its imports, from the table of sources in the load frame. */
import vm from 'node:vm';
import type { SyntaxErrors } from './syntax-error.js';

/** The path without its last segment and the slash before that. */
function parent(path: string): string {
  const slash = path.lastIndexOf('/');
  return slash < 0 ? '' : path.slice(0, slash);
}

/** Resolves a relative specifier against the path of the importing file. `a/b.js` + `../c.js` is `c.js`. */
function resolve(base: string, specifier: string): string {
  const absolute = base.startsWith('/');
  let path = parent(base);
  for (const segment of specifier.split('/')) {
    if (segment === '..') path = parent(path);
    else if (segment !== '' && segment !== '.') path += `${path !== '' || absolute ? '/' : ''}${segment}`;
  }
  return path;
}

const RELATIVE = /^\.\.?\//;

/** The realm that the modules run in. */
export interface Realm {
  /** Absent for Node's own realm. */
  readonly context?: vm.Context;
  readonly syntaxErrors: SyntaxErrors;
  /** An error of the realm. */
  newError(name: 'ReferenceError' | 'TypeError', message: string): Error;
  /** Makes a module that no table has, such as one of Node's. */
  outside?(specifier: string): vm.Module | undefined;
}

export class Modules {
  readonly #realm: Realm;
  readonly #sources = new Map<string, string>();
  readonly #made = new Map<string, vm.Module>();
  readonly #linked = new WeakMap<vm.Module, Promise<void>>();

  constructor(realm: Realm) {
    this.#realm = realm;
  }

  /** Links and evaluates the main module, and resolves to its namespace. Rejects with an error of the guest's realm. */
  async main(filename: string, source: string, modules: Readonly<Record<string, string>>): Promise<object> {
    for (const [specifier, text] of Object.entries(modules)) this.#sources.set(specifier, text);
    return (await this.#try(async () => await this.#evaluated(this.#make(filename, source)))).namespace;
  }

  /** Replaces an error of Node's own by one of the guest's realm, if that is another one. */
  async #try<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw this.#realm.context !== undefined && error instanceof Error
        ? this.#realm.newError('TypeError', error.message)
        : error;
    }
  }

  #make(identifier: string, source: string): vm.SourceTextModule {
    try {
      const module = new vm.SourceTextModule(source, {
        ...(this.#realm.context === undefined ? {} : { context: this.#realm.context }),
        identifier,
        importModuleDynamically: (specifier) =>
          this.#try(async () => {
            // A module that imports itself has evaluated its first part by then.
            await null;
            return await this.#evaluated(this.#find(specifier, identifier));
          }),
      });
      this.#made.set(identifier, module);
      return module;
    } catch (error) {
      throw this.#realm.syntaxErrors.locate(error);
    }
  }

  /** A relative specifier that resolves to no module of the table stays as written: tables may have such keys. */
  #find(specifier: string, importer: string): vm.Module {
    const resolved = RELATIVE.test(specifier) ? resolve(importer, specifier) : specifier;
    for (const name of [resolved, specifier]) {
      const module = this.#made.get(name);
      if (module !== undefined) return module;
      const source = this.#sources.get(name);
      if (source !== undefined) return this.#make(name, source);
    }
    const outside = this.#realm.outside?.(specifier);
    if (outside !== undefined) {
      this.#made.set(specifier, outside);
      return outside;
    }
    throw this.#realm.newError('ReferenceError', `could not load module '${specifier}'`);
  }

  async #evaluated(module: vm.Module): Promise<vm.Module> {
    let linked = this.#linked.get(module);
    if (linked === undefined) {
      linked = module.status === 'unlinked' ? this.#link(module) : Promise.resolve();
      this.#linked.set(module, linked);
    }
    await linked;
    await module.evaluate();
    return module;
  }

  async #link(module: vm.Module): Promise<void> {
    try {
      await module.link((specifier, importer) => this.#find(specifier, importer.identifier));
    } catch (error) {
      // Node wraps what a linker throws.
      throw (error as { code?: unknown }).code === 'ERR_VM_MODULE_LINK_FAILURE' ? (error as Error).cause : error;
    }
  }
}
