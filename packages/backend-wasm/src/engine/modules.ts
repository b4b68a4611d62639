/** ES modules: the main one and what it imports, from the table of sources that the load frame carries. */
import { type Engine, JS_EXCEPTION, JS_UNDEFINED, type JsValue, type Pointer } from './values.js';

const EVAL_MODULE = 1;
/** Bytes of a module's name, which is a path. The guest's may have as many as its memory. */
const LONGEST_NAME = 4096;

export class Modules {
  readonly #engine: () => Engine;
  /** `{ specifier: source }`; kept for dynamic imports during calls. */
  sources: JsValue = JS_UNDEFINED;

  /** @param engine known only when its imports are made */
  constructor(engine: () => Engine) {
    this.#engine = engine;
  }

  /** `evalModule` of the embedder's contract: a promise of the module's namespace, or the exception mark. */
  evaluate(filename: JsValue, source: JsValue, modules: JsValue): JsValue {
    const engine = this.#engine();
    const { qjs, context } = engine;
    engine.free(this.sources);
    this.sources = qjs['JS_DupValue']!(context, modules) as JsValue;
    const name = engine.toUtf8(filename);
    const text = engine.toUtf8(source);
    if (name === undefined || text === undefined) return JS_EXCEPTION;
    // Gives the address of a boxed value.
    const box = qjs['qjs_eval']!(text.at, text.length, name.at, EVAL_MODULE) as Pointer;
    const promise = qjs['JS_DupValue']!(context, engine.instance.data.getBigUint64(box >>> 0, true)) as JsValue;
    qjs['qjs_free_value']!(box);
    engine.freeUtf8(name.at);
    engine.freeUtf8(text.at);
    return promise;
  }

  /** Imports of quickjs-wasi. */
  readonly imports = {
    /**
     * Gives a name that the engine frees. A relative specifier that resolves to no module of the table stays as it was
     * written, so that tables may also be keyed by the text of the import.
     */
    host_module_normalize: (base: Pointer, specifier: Pointer): Pointer => {
      const engine = this.#engine();
      engine.host.interrupt();
      const name = engine.cString(specifier >>> 0, LONGEST_NAME);
      const resolved = /^\.\.?\//.test(name) ? resolve(engine.cString(base >>> 0, LONGEST_NAME), name) : name;
      const isRelative = resolved !== name && this.#has(resolved);
      return engine.copy(Buffer.from(isRelative ? resolved : name));
    },
    /** Gives source text that the engine frees, or 0, which it reports as a module not found. */
    host_module_load: (name: Pointer, lengthOut: Pointer): Pointer => {
      const engine = this.#engine();
      engine.host.interrupt();
      const source = this.#source(name);
      if (source === JS_UNDEFINED || source === JS_EXCEPTION) return 0;
      const text = engine.toUtf8(source);
      engine.free(source);
      if (text === undefined) return 0;
      const copy = engine.copy(engine.instance.memory.slice(text.at, text.at + text.length));
      engine.instance.writeU32(lengthOut >>> 0, text.length);
      engine.freeUtf8(text.at);
      return copy;
    },
  };

  #has(name: string): boolean {
    const engine = this.#engine();
    const source = engine.withText(name, (at) => this.#source(at));
    engine.free(source);
    return source !== JS_UNDEFINED;
  }

  #source(name: Pointer): JsValue {
    if (this.sources === JS_UNDEFINED) return JS_UNDEFINED;
    const { qjs, context } = this.#engine();
    return qjs['JS_GetPropertyStr']!(context, this.sources, name) as JsValue;
  }
}

/** Resolves a relative specifier against the path of the importing file: `a/b.js` and `../c.js` give `c.js`. */
function resolve(base: string, specifier: string): string {
  const path = base.split('/').slice(0, -1);
  for (const segment of specifier.split('/')) {
    if (segment === '..') {
      if (path.at(-1) !== '') path.pop();
    } else if (segment !== '' && segment !== '.') {
      path.push(segment);
    }
  }
  return path.join('/');
}
