/** The options of `linux`, and the argument and result of a program's `main`. */
import type { FilePath } from '../../options/paths.js';
import type { Overloaded } from '../types.js';

export interface LinuxOptions {
  /** The executable: a path (relative to the working directory) or a `file:` URL. Its path is the same in the guest. */
  readonly executable: FilePath;
  /**
   * Read-only files by absolute path in the guest: a path or URL of the host (a file, or a directory with all that is
   * below it), or the content.
   */
  readonly files?: Readonly<Record<string, FilePath | Uint8Array>>;
  /** Environment, added to the defaults `PATH`, `LANG=C.UTF-8` and `HOME=/`. */
  readonly env?: Readonly<Record<string, string>>;
  /** Arguments before those of a call. */
  readonly args?: readonly string[];
  /** Whether the program may read the machine's shared libraries and their data: see the guide. Default true. */
  readonly system?: boolean;
}

/** The argument of `main`. */
export interface LinuxInput {
  readonly args?: readonly string[];
  readonly stdin?: string | Uint8Array;
  /** Added to the program's environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** Files that exist when the program starts, by absolute path. It may change them. */
  readonly files?: Readonly<Record<string, string | Uint8Array>>;
  /** The working directory. Default `/`. */
  readonly cwd?: string;
  /** Gives `stdout` and `stderr` as text. */
  readonly encoding?: 'utf8';
}

/** The result of `main`. `Output` is the type of `stdout` and `stderr`. */
export interface LinuxResult<Output = Uint8Array> {
  /** The exit status, or `null` if a signal ended the program. */
  readonly status: number | null;
  /** Name of the signal that ended the program, such as `SIGSEGV`. */
  readonly signal: string | null;
  readonly stdout: Output;
  readonly stderr: Output;
  /** The files that the program made or changed, by path. */
  readonly files: Readonly<Record<string, Uint8Array>>;
}

/** The function of a Linux program. */
export type LinuxMain = ((input?: LinuxInput) => LinuxResult<string> | LinuxResult) &
  Overloaded<
    [
      (input: LinuxInput & { readonly encoding: 'utf8' }) => LinuxResult<string>,
      (input?: LinuxInput & { readonly encoding?: never }) => LinuxResult,
      (input?: LinuxInput) => LinuxResult<string> | LinuxResult,
    ]
  >;

export interface LinuxExports {
  readonly main: LinuxMain;
}
