/** The result of `readImage` for a virtine image. */

export interface ImageSegment {
  readonly address: number;
  /** Bytes in the file, and in memory; the rest of the memory is zero. */
  readonly fileSize: number;
  readonly memorySize: number;
  readonly pages: number;
  readonly access: 'r--' | 'r-x' | 'rw-' | string;
}

export interface ImageSection {
  readonly name: string;
  readonly address: number;
  readonly size: number;
  /** True if it is loaded; the symbol table, for instance, is not. */
  readonly loaded: boolean;
}

export interface ImageSymbol {
  readonly name: string;
  readonly address: number;
  readonly size: number;
  readonly kind: 'function' | 'object' | 'other';
}

export interface ImageExport {
  readonly name: string;
  readonly address: number;
  /** C types, as the guest SDK's header names them. */
  readonly result: string;
  readonly parameters: readonly string[];
}

/** The Colony note. */
export interface ImageNote {
  readonly abi: number;
  readonly stackSize: number;
  /** 0: the host chooses. */
  readonly heapBase: number;
  readonly heapInitial: number;
  readonly resume: number;
}

export interface ImageInfo {
  readonly entry: number;
  readonly note: ImageNote;
  readonly segments: readonly ImageSegment[];
  readonly sections: readonly ImageSection[];
  /** Sorted by address. */
  readonly symbols: readonly ImageSymbol[];
  readonly exports: readonly ImageExport[];
  /** Names of host functions that are written in the image; sorted. */
  readonly hypercalls: readonly string[];
  /** Bytes of the file, and pages of the loaded segments (without stack and heap). */
  readonly fileSize: number;
  readonly pages: number;
}
