/** Prepares the parts of a context that depend on its program's kind. */
import type { ResolvedProgram } from '../backend.js';
import type { Services } from '../hypercalls/services.js';
import { openFileSet } from '../linux/file-set.js';
import { currentFiles, linuxLoadFrame } from '../linux/load.js';
import { linuxServices } from '../linux/services.js';
import { UnsupportedCalls } from '../linux/unsupported.js';
import { encodeLoad } from '../wire/frames.js';

export interface PreparedProgram {
  /** Hypercalls that the kind has besides capabilities and host functions. */
  readonly services?: Services;
  /** Present for a Linux program: counts the system calls that the library OS does not have. */
  readonly unsupported?: UnsupportedCalls;
  /**
   * Encodes the load frame. Without segments, the program boots by itself.
   * @throws ColonyError ERR_COMPILE
   */
  loadFrame(): Uint8Array[];
}

export function prepareProgram(program: ResolvedProgram): PreparedProgram {
  switch (program.kind) {
    case 'js':
      return { loadFrame: () => encodeLoad(program.filename, program.source, program.modules) };
    case 'linux': {
      const files = openFileSet(currentFiles(program));
      const unsupported = new UnsupportedCalls();
      const services = linuxServices(files, unsupported);
      return { services, unsupported, loadFrame: () => linuxLoadFrame(program, files) };
    }
    default:
      return { loadFrame: () => [] };
  }
}
