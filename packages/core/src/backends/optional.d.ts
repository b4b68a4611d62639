// A placeholder for the backend packages. They are optional and are built after this package.
import type { BackendModule } from '../backend.js';

export const backend: BackendModule;
