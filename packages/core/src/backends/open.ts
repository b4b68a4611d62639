/**
 * Chooses the backend: the one that was named, or the first in order that works. Records why the others were refused.
 */
import type { Backend, BackendModule, BackendOptions } from '../backend.js';
import { ColonyError } from '../errors.js';
import { OptionReader, showError } from '../options/option-reader.js';
import { backendNames, checkModule, openOne } from './registry.js';

/** A backend that 'auto' passed over. */
export interface RefusedBackend {
  readonly backend: string;
  /** Why it was refused and, if there is a remedy, which. */
  readonly reason: string;
}

export interface Choice {
  readonly backend: Backend;
  /** Backends that were tried before it. Empty if the backend was named. */
  readonly refused: readonly RefusedBackend[];
}

/** Returns why a backend cannot run the program, or `undefined`. */
type Objection = (backend: Backend) => string | undefined;

/** The strongest boundary; all others are weaker. */
const STRONGEST = 'kvm';
const WARNING = 'COLONY_WEAKER_WALL';

/**
 * Opens a backend by its name or module, or returns the one that is open with the same options. The name 'auto' takes
 * the first that works here, in the order of `backendNames()`.
 * @throws ColonyError ERR_BAD_OPTION, ERR_BACKEND_MISSING or ERR_BACKEND_UNAVAILABLE
 */
export async function openBackend(backend: string | BackendModule, options: BackendOptions = {}): Promise<Backend> {
  const reader = new OptionReader('ERR_BAD_OPTION', 'openBackend');
  const read = reader.object(options, 'options');
  return (await chooseBackend(readBackend(backend, reader), read, () => undefined)).backend;
}

/** Reads the name or module of a backend. */
export function readBackend(backend: unknown, reader: OptionReader): string | BackendModule {
  if (typeof backend === 'string') return reader.string(backend, 'backend');
  if (typeof backend !== 'object' || backend === null) reader.fail('backend', 'a name or a backend module', backend);
  checkModule(backend, reader, 'backend');
  return backend as BackendModule;
}

/** Only 'auto' calls `objection`; it then tries the next backend. */
export async function chooseBackend(
  backend: string | BackendModule,
  options: BackendOptions,
  objection: Objection,
): Promise<Choice> {
  if (backend !== 'auto') return { backend: await openOne(backend, options), refused: [] };
  const choice = await firstThatWorks(options, objection);
  if (choice.backend.name !== STRONGEST) warnOnce(choice);
  return choice;
}

async function firstThatWorks(options: BackendOptions, objection: Objection): Promise<Choice> {
  const refused: RefusedBackend[] = [];
  for (const name of backendNames()) {
    try {
      const backend = await openOne(name, options);
      const objected = objection(backend);
      if (objected === undefined) return { backend, refused: Object.freeze(refused) };
      refused.push(Object.freeze({ backend: name, reason: objected }));
    } catch (error) {
      const reason = ColonyError.is(error) ? error.message : showError(error);
      refused.push(Object.freeze({ backend: name, reason }));
    }
  }
  const message = `no backend works here.\n${refused.map(({ backend, reason }) => `${backend}: ${reason}`).join('\n')}`;
  throw new ColonyError('ERR_BACKEND_UNAVAILABLE', message, { details: { refused } });
}

let warned = false;

/** Warns about a boundary weaker than the strongest one. Once a process, because it may have many contexts. */
function warnOnce({ backend, refused }: Choice): void {
  if (warned) return;
  warned = true;
  const { name, capabilities } = backend;
  const reasons = refused.map((refusal) => `${refusal.backend}: ${refusal.reason}`).join('\n');
  process.emitWarning(
    `no backend was named, and guests run on '${name}' (boundary: ${capabilities.boundary}), a weaker wall than '${STRONGEST}'.`,
    {
      type: 'ColonyWarning',
      code: WARNING,
      detail: `${reasons}\nName the backend to accept this: createContext({ backend: '${name}', ... }).`,
    },
  );
}
