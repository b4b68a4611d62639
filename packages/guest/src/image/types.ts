/** What `readImage` tells about a virtine image. */

export interface ImageSegment {
  readonly address: number;
  /** Bytes in the file, and in memory (the rest is zero). */
  readonly fileSize: number;
  readonly memorySize: number;
  readonly pages: number;
  readonly access: 'r--' | 'r-x' | 'rw-' | string;
}

export interface ImageSection {
  readonly name: string;
  readonly address: number;
  readonly size: number;
  /** Part of what is loaded (and not, for instance, the symbol table). */
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
  /** By address. */
  readonly symbols: readonly ImageSymbol[];
  readonly exports: readonly ImageExport[];
  /** Names that the image asks the host for, as far as they are written in it; sorted. */
  readonly hypercalls: readonly string[];
  /** Bytes of the file, and whole pages of what is loaded (without stack and heap). */
  readonly fileSize: number;
  readonly pages: number;
}
