/** The place of this package's C sources: headers, runtime, boot code, probes. */
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The package's root. C sources include files relative to it (`boot/hypercall.h`, `runtime/heap.h`). */
export const guestFolder = dirname(dirname(fileURLToPath(import.meta.url)));

/** The library OS's image, made by `npm run build`. */
export const linuxImagePath = join(guestFolder, 'dist', 'linux', 'linux.elf');
