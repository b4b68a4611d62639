/** Backends by name. Each is imported when first requested, and opened once per process and options. */
import { type Backend, type BackendModule, type BackendOptions, type DoctorFinding, prevents } from '../backend.js';
import { ColonyError } from '../errors.js';
import { nearest, OptionReader, show, showError } from '../options/option-reader.js';
import { BUILT_IN_BACKENDS, type BuiltInBackend, importBackend } from './list.js';

/** Wraps a module, because a promise would treat a thenable module as another promise. */
interface Loaded {
  readonly module: BackendModule;
}

/** Most characters of a backend's name. */
const LONGEST_NAME = 100;

const registered = new Map<string, Loaded>();
const opened = new Map<string, Promise<Backend>>();

/**
 * Registers a backend under its name, for third-party backends and tests. Replaces a backend of the same name.
 * @throws ColonyError ERR_BAD_OPTION
 */
export function registerBackend(module: BackendModule): void {
  const reader = new OptionReader('ERR_BAD_OPTION', 'registerBackend');
  const name = checkModule(module, reader, 'module');
  if (name === 'auto') reader.fail('module.name', "a name other than 'auto'", name);
  registered.set(name, { module });
}

/** Checks a backend module and returns its name. */
export function checkModule(module: unknown, reader: OptionReader, path: string): string {
  const get = (key: string) => reader.look(`${path}.${key}`, () => (module as Record<string, unknown>)[key]);
  if (typeof module !== 'object' || module === null) reader.fail(path, 'a backend module', module);
  for (const key of ['doctor', 'open']) reader.function(get(key), `${path}.${key}`);
  const name = reader.string(get('name'), `${path}.name`);
  // Messages contain the name.
  if (name.length > LONGEST_NAME) reader.fail(`${path}.name`, `at most ${LONGEST_NAME} characters`, name);
  return name;
}

/** Names that `createContext({ backend })` accepts, in the order in which 'auto' tries them. */
export function backendNames(): string[] {
  return [...new Set([...BUILT_IN_BACKENDS, ...registered.keys()])];
}

const NOT_FOUND: readonly unknown[] = ['ERR_MODULE_NOT_FOUND', 'MODULE_NOT_FOUND'];

function loadError(name: BuiltInBackend, error: unknown): ColonyError {
  const specifier = `@colony/backend-${name}`;
  const { code, message } = error as { code?: unknown; message?: unknown };
  const from = 'from where @colony/core came from (the tarballs of the same release, or the same scope)';
  const options = { cause: error, details: { backend: name, package: specifier } };
  if (NOT_FOUND.includes(code) && String(message).includes(specifier)) {
    const text = `the backend '${name}' is not installed: the package ${specifier} is missing. Install it ${from}`;
    return new ColonyError('ERR_BACKEND_MISSING', text, options);
  }
  const text = `the package ${specifier} cannot be loaded (${showError(error)}). Install it again ${from}`;
  return new ColonyError('ERR_BACKEND_UNAVAILABLE', text, options);
}

const isBuiltIn = (name: string): name is BuiltInBackend => (BUILT_IN_BACKENDS as readonly string[]).includes(name);

async function load(name: string): Promise<Loaded> {
  const reader = new OptionReader('ERR_BAD_OPTION', 'options');
  if (typeof name !== 'string') reader.fail('backend', 'the name of a backend', name);
  const known = registered.get(name);
  if (known !== undefined) return known;
  if (isBuiltIn(name)) return { module: await importBackend(name, (error) => loadError(name, error)) };
  const near = nearest(name, backendNames());
  const hint = near === undefined ? `known are ${backendNames().join(', ')}, auto` : `did you mean '${near}'?`;
  throw new ColonyError('ERR_BAD_OPTION', `options.backend: there is no backend ${show(name)}; ${hint}`, {
    details: { path: 'options.backend' },
  });
}

/** @throws ColonyError ERR_BAD_OPTION, ERR_BACKEND_MISSING or ERR_BACKEND_UNAVAILABLE */
export async function loadBackend(name: string): Promise<BackendModule> {
  return (await load(name)).module;
}

function findingsText(findings: readonly DoctorFinding[]): string {
  return findings
    .filter(prevents)
    .map(({ check, detail, remedy }) => `${check}: ${detail}${remedy === undefined ? '' : `. ${remedy}`}`)
    .join('; ');
}

/** Checks the result of `open`, because a third-party module may return anything. */
function checkOpen(backend: Backend): Backend {
  const isOpen = typeof backend?.createInstance === 'function' && Array.isArray(backend.capabilities?.programs);
  if (isOpen && typeof backend.name === 'string') return backend;
  throw new TypeError('its open() returned no backend: a name, capabilities and createInstance() are needed');
}

async function start({ module }: Loaded, name: string, options: BackendOptions): Promise<Backend> {
  try {
    const findings = await module.doctor();
    if (findings.some(prevents)) {
      const message = `the backend '${name}' cannot work here. ${findingsText(findings)}`;
      throw new ColonyError('ERR_BACKEND_UNAVAILABLE', message, { details: { backend: name, findings } });
    }
    return checkOpen(await module.open(options));
  } catch (error) {
    if (ColonyError.is(error)) throw error;
    throw new ColonyError('ERR_BACKEND_UNAVAILABLE', `the backend '${name}' did not start: ${showError(error)}`, {
      cause: error,
      details: { backend: name },
    });
  }
}

const objects = new WeakMap<object, string>();
const symbols = new Map<symbol, string>();
let numbered = 0;

/** Returns the same text for the same value, and a different one for any other. */
function identity(value: object | symbol): string {
  const map: Pick<Map<unknown, string>, 'get' | 'set'> = typeof value === 'symbol' ? symbols : (objects as never);
  const known = map.get(value) ?? `#${++numbered}`;
  map.set(value, known);
  return known;
}

/** Depth to which options are compared by content; deeper ones are compared by identity. */
const DEEPEST = 8;

/** Compares data by content and everything else by identity: two functions are two options. */
function valueKey(value: unknown, depth = 0): string {
  if (typeof value === 'function' || typeof value === 'symbol') return identity(value);
  if (typeof value !== 'object' || value === null) {
    return Object.is(value, -0) ? '-0' : `${typeof value} ${JSON.stringify(String(value))}`;
  }
  try {
    const prototype = Object.getPrototypeOf(value);
    const isData = prototype === Object.prototype || prototype === null || Array.isArray(value);
    if (!isData || depth === DEEPEST) return identity(value);
    const parts = Object.entries(value)
      .filter(([, part]) => part !== undefined)
      .map(([key, part]) => `${JSON.stringify(key)}: ${valueKey(part, depth + 1)}`);
    return `${Array.isArray(value) ? 'list' : ''} { ${parts.sort().join(', ')} }`;
  } catch {
    return identity(value); // a getter or a proxy threw
  }
}

/**
 * Opens a backend by its name or module, or returns the one that is open with the same options.
 * @throws ColonyError ERR_BAD_OPTION, ERR_BACKEND_MISSING or ERR_BACKEND_UNAVAILABLE
 */
export async function openOne(backend: string | BackendModule, options: BackendOptions): Promise<Backend> {
  const isName = typeof backend === 'string';
  const key = `${isName ? JSON.stringify(backend) : identity(backend)} ${valueKey(options)}`;
  const known = opened.get(key);
  if (known !== undefined) return await known;
  const opening = isName
    ? load(backend).then((loaded) => start(loaded, backend, options))
    : start({ module: backend }, backend.name, options);
  opened.set(key, opening);
  opening.catch(() => {
    if (opened.get(key) === opening) opened.delete(key);
  });
  return await opening;
}

/** `weaker`: the backend works, but lacks some confinement that it has elsewhere; its findings name it. */
export type Verdict = 'works' | 'weaker' | 'fails';

export interface BackendReport {
  readonly backend: string;
  readonly installed: boolean;
  readonly works: boolean;
  readonly verdict: Verdict;
  readonly findings: readonly DoctorFinding[];
  /** Why the backend cannot be loaded. */
  readonly error?: string;
}

function verdictOf(findings: readonly DoctorFinding[]): Verdict {
  if (findings.some(prevents)) return 'fails';
  return findings.every(({ ok }) => ok) ? 'works' : 'weaker';
}

/**
 * Returns the report of each backend's doctor, without opening a backend.
 * @throws ColonyError ERR_BAD_OPTION
 */
export async function doctor(names: readonly string[] = backendNames()): Promise<BackendReport[]> {
  const reader = new OptionReader('ERR_BAD_OPTION', 'doctor');
  const read = reader.list(names, 'names', (name, path) => reader.string(name, path));
  return await Promise.all(
    read.map(async (name): Promise<BackendReport> => {
      try {
        const { module } = await load(name);
        const findings = await module.doctor();
        const verdict = verdictOf(findings);
        return { backend: name, installed: true, works: verdict !== 'fails', verdict, findings };
      } catch (error) {
        const installed = !(ColonyError.is(error) && error.code === 'ERR_BACKEND_MISSING');
        const failure = showMessage(error);
        return { backend: name, installed, works: false, verdict: 'fails', findings: [], error: failure };
      }
    }),
  );
}

const showMessage = (error: unknown): string => (ColonyError.is(error) ? error.message : showError(error));

/**
 * Disposes all open backends. The next context opens them again.
 * @throws ColonyError ERR_INTERNAL
 */
export async function shutdown(): Promise<void> {
  const all = [...opened.values()];
  opened.clear();
  // A backend that did not open holds nothing, and its caller already has the error.
  const results = await Promise.allSettled(
    all.map(async (opening) => {
      const backend = await opening.catch(() => undefined);
      await backend?.dispose();
    }),
  );
  const failed = results.find((result) => result.status === 'rejected');
  if (failed !== undefined)
    throw new ColonyError('ERR_INTERNAL', 'a backend did not shut down', {
      cause: (failed as PromiseRejectedResult).reason,
    });
}
