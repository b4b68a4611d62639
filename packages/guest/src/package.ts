/** Where this package's C lies: headers, runtime, boot code, probes. */
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The package's root, which is what C sources include from (`boot/hypercall.h`, `runtime/heap.h`). */
export const guestFolder = dirname(dirname(fileURLToPath(import.meta.url)));
