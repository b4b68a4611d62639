/** Prepares the parts of a context that depend on its program's kind. */
import type { LinuxProgram, ResolvedProgram } from '../backend.js';
import type { Services } from '../hypercalls/services.js';
import { type FileSet, openFileSet } from '../linux/file-set.js';
import { currentFiles, linuxLoadFrame } from '../linux/load.js';
import { linuxServices } from '../linux/services.js';
import { UnsupportedCalls } from '../linux/unsupported.js';
import { encodeLoad } from '../wire/frames.js';

export interface PreparedProgram {
  /** Hypercalls that the kind has besides capabilities and host functions. */
  readonly services?: Services;
  /** Present for a Linux program or engine: counts the system calls that the library OS does not have. */
  readonly unsupported?: UnsupportedCalls;
  /**
   * Encodes the load frame. Without segments, the program boots by itself.
   * @throws ColonyError ERR_COMPILE
   */
  loadFrame(): Uint8Array[];
  /**
   * Encodes the load frame of the engine that the program brings.
   * @throws ColonyError ERR_COMPILE
   */
  engineFrame?(): Uint8Array[];
}

export function prepareProgram(program: ResolvedProgram): PreparedProgram {
  switch (program.kind) {
    case 'js':
      return { loadFrame: () => encodeLoad(program.filename, program.source, program.modules) };
    case 'linux':
      return prepareLinux(program, (files) => ({ loadFrame: () => linuxLoadFrame(program, files) }));
    case 'v8':
      return prepareLinux(program.engine, (files) => ({
        engineFrame: () => linuxLoadFrame(program.engine, files, true),
        loadFrame: () => encodeLoad(program.filename, program.source, program.modules),
      }));
    default:
      return { loadFrame: () => [] };
  }
}

function prepareLinux(
  program: LinuxProgram,
  frames: (files: FileSet) => Pick<PreparedProgram, 'engineFrame' | 'loadFrame'>,
): PreparedProgram {
  const files = openFileSet(currentFiles(program));
  const unsupported = new UnsupportedCalls();
  return { services: linuxServices(files, unsupported), unsupported, ...frames(files) };
}
