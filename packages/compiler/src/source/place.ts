/** Places in source files, and offsets as lines and columns. */

/** A place in a file: line and column from 1. Line 0 stands for the file as a whole. */
export interface Place {
  /** Relative to the project's root, with slashes. */
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

export const showPlace = ({ file, line, column }: Place): string => (line === 0 ? file : `${file}:${line}:${column}`);

/** Converts offsets of one text to lines and columns. */
export class Lines {
  readonly #starts: number[] = [0];

  constructor(
    readonly file: string,
    text: string,
  ) {
    for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) this.#starts.push(at + 1);
  }

  at(offset: number): Place {
    let low = 0;
    let high = this.#starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.#starts[middle]! <= offset) low = middle;
      else high = middle - 1;
    }
    return { file: this.file, line: low + 1, column: offset - this.#starts[low]! + 1 };
  }
}
