// Stands for the packages of backends while this one is built: they are optional, and are built after it.
import type { BackendModule } from '../backend.js';

export const backend: BackendModule;
