/**
 * Where a part of the bundle comes from. Which file it is says the bundler itself, by the line that it writes before
 * each module; the source map says the line. A package that ships a map says where its own code was written, and of no
 * other.
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

/** What is said to be read; other comments are left between statements, too: `@__NO_SIDE_EFFECTS__`. */
const MODULE_LINE = /^\/\/ (?:import\(.*\) in )?(.+)$/gm;

export class Places {
  readonly #map: TraceMap;
  readonly #starts: number[] = [];
  readonly #files: string[] = [];

  constructor(
    private readonly bundle: Parsed,
    map: string,
    /** All modules of the bundle, by the names that the bundler calls them. */
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

  /** Undefined for what is the bundler's own, such as the helpers that stand before all modules. */
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
    // In a file of the project, what the bundler wrote itself: `var import_x = __toESM(require_x())`.
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
