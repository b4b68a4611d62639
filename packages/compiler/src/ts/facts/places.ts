/**
 * Maps parts of the bundle to their sources. The bundler writes a line before each module, which names the file. The
 * source map gives the line. If a package ships a map, the map is used only for files of that package.
 */
import { LEAST_UPPER_BOUND, originalPositionFor, TraceMap } from '@jridgewell/trace-mapping';
import { shownFile } from '../../source/names.js';
import type { Place } from '../../source/place.js';
import type { Node, Parsed } from '../syntax/parse.js';

/** The package that a file below node_modules belongs to. */
export function packageOf(file: string): string | undefined {
  const parts = /^(?:.*\/)?node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(file);
  return parts?.[1];
}

/**
 * The comment that names a module. The bundler also leaves other comments between statements: `@__NO_SIDE_EFFECTS__`.
 */
const MODULE_LINE = /^\/\/ (?:import\(.*\) in )?(.+)$/gm;

export class Places {
  readonly #map: TraceMap;
  readonly #starts: number[] = [];
  readonly #files: string[] = [];

  constructor(
    private readonly bundle: Parsed,
    map: string,
    /** Names of all modules of the bundle, as the bundler writes them. */
    modules: ReadonlySet<string>,
  ) {
    this.#map = new TraceMap(map);
    let end = 0;
    for (const statement of bundle.program.body) {
      for (const [, name] of bundle.text.slice(end, statement.start).matchAll(MODULE_LINE)) {
        if (!modules.has(name!)) continue;
        this.#starts.push(statement.start);
        this.#files.push(shownFile(name!));
      }
      end = statement.end;
    }
  }

  /** Returns undefined for the bundler's own code, such as the helpers before all modules. */
  readonly of = (node: Node): Place | undefined => {
    const file = this.#fileAt(node.start);
    if (file === undefined) return undefined;
    const { line, column } = this.bundle.lines.at(node.start);
    const at = { line, column: column - 1 };
    const before = originalPositionFor(this.#map, at);
    const original =
      before.source === null ? originalPositionFor(this.#map, { ...at, bias: LEAST_UPPER_BOUND }) : before;
    const source = original.source === null ? undefined : shownFile(original.source);
    const owner = packageOf(file);
    // Code that the bundler wrote itself in a file of the project: `var import_x = __toESM(require_x())`.
    if (source === undefined && owner === undefined) return undefined;
    if (source === undefined || packageOf(source) !== owner) return { file, line: 0, column: 0 };
    return { file: source, line: original.line!, column: original.column! + 1 };
  };

  #fileAt(offset: number): string | undefined {
    let low = 0;
    let high = this.#starts.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#starts[middle]! <= offset) low = middle + 1;
      else high = middle;
    }
    return this.#files[low - 1];
  }
}
