/** Backends by name: imported when first asked for, opened once per process and options. */
import { type Backend, type BackendModule, type BackendOptions, type DoctorFinding, prevents } from './backend.js';
import { ColonyError } from './errors.js';
import { nearest } from './validate.js';

type Loader = () => Promise<BackendModule>;

/** The package of a backend; strongest boundary first, which is the order of 'auto'. */
const PACKAGES: Readonly<Record<string, string>> = {
  kvm: '@colony/backend-kvm',
  wasm: '@colony/backend-wasm',
  process: '@colony/backend-process',
};
const AUTO = Object.keys(PACKAGES);

const loaders = new Map<string, Loader>();
const opened = new Map<string, Promise<Backend>>();

/** Makes a backend known under its name, for others' backends and for tests. Replaces one of the same name. */
export function registerBackend(module: BackendModule): void {
  loaders.set(module.name, async () => module);
}

/** Names that `createContext({ backend })` knows. */
export function backendNames(): string[] {
  return [...new Set([...loaders.keys(), ...AUTO])];
}

async function importBackend(name: string): Promise<BackendModule> {
  const specifier = PACKAGES[name]!;
  try {
    const module = (await import(specifier)) as { backend: BackendModule };
    return module.backend;
  } catch (error) {
    const missing =
      (error as { code?: unknown }).code === 'ERR_MODULE_NOT_FOUND' &&
      String((error as Error).message).includes(specifier);
    if (missing) {
      const message = `the backend '${name}' is not installed: run \`npm install ${specifier}\``;
      throw new ColonyError('ERR_BACKEND_MISSING', message, { cause: error, details: { backend: name } });
    }
    const message = `the package ${specifier} cannot be loaded (${(error as Error).message}); reinstall it with \`npm install ${specifier}\``;
    throw new ColonyError('ERR_BACKEND_UNAVAILABLE', message, { cause: error, details: { backend: name } });
  }
}

/** @throws ColonyError ERR_BAD_OPTION, ERR_BACKEND_MISSING or ERR_BACKEND_UNAVAILABLE */
export async function loadBackend(name: string): Promise<BackendModule> {
  const loader = loaders.get(name);
  if (loader !== undefined) return await loader();
  if (Object.hasOwn(PACKAGES, name)) return await importBackend(name);
  const near = nearest(name, backendNames());
  const hint = near === undefined ? `known are ${backendNames().join(', ')}, auto` : `did you mean '${near}'?`;
  throw new ColonyError('ERR_BAD_OPTION', `options.backend: there is no backend '${name}'; ${hint}`, {
    details: { path: 'options.backend' },
  });
}

function findingsText(findings: readonly DoctorFinding[]): string {
  return findings
    .filter(prevents)
    .map(({ check, detail, remedy }) => `${check}: ${detail}${remedy === undefined ? '' : `. ${remedy}`}`)
    .join('; ');
}

async function open(name: string, options: BackendOptions): Promise<Backend> {
  const module = await loadBackend(name);
  const findings = await module.doctor();
  if (findings.some(prevents)) {
    const message = `the backend '${name}' cannot work here. ${findingsText(findings)}`;
    throw new ColonyError('ERR_BACKEND_UNAVAILABLE', message, { details: { backend: name, findings } });
  }
  try {
    return await module.open(options);
  } catch (error) {
    if (ColonyError.is(error)) throw error;
    throw new ColonyError(
      'ERR_BACKEND_UNAVAILABLE',
      `the backend '${name}' did not start: ${(error as Error).message}`,
      { cause: error },
    );
  }
}

/**
 * Opens a backend, or gives the one that is open with the same options. 'auto' takes the strongest that works and to
 * which `objection` has nothing to say.
 */
export async function openBackend(
  name: string,
  options: BackendOptions = {},
  objection: (backend: Backend) => string | undefined = () => undefined,
): Promise<Backend> {
  if (name === 'auto') return await openStrongest(options, objection);
  const key = JSON.stringify([name, Object.entries(options).sort()]);
  const known = opened.get(key);
  if (known !== undefined) return await known;
  const opening = open(name, options);
  opened.set(key, opening);
  opening.catch(() => opened.delete(key));
  return await opening;
}

async function openStrongest(
  options: BackendOptions,
  objection: (backend: Backend) => string | undefined,
): Promise<Backend> {
  const reasons: string[] = [];
  for (const name of [...AUTO, ...[...loaders.keys()].filter((key) => !AUTO.includes(key))]) {
    try {
      const backend = await openBackend(name, options);
      const objected = objection(backend);
      if (objected === undefined) return backend;
      reasons.push(`${name}: ${objected}`);
    } catch (error) {
      reasons.push(`${name}: ${(error as Error).message}`);
    }
  }
  throw new ColonyError('ERR_BACKEND_UNAVAILABLE', `no backend works here.\n${reasons.join('\n')}`);
}

/** `weaker`: it works, without something that it would confine guests with elsewhere; its findings say what. */
export type Verdict = 'works' | 'weaker' | 'fails';

export interface BackendReport {
  readonly backend: string;
  readonly installed: boolean;
  readonly works: boolean;
  readonly verdict: Verdict;
  readonly findings: readonly DoctorFinding[];
  /** Why it cannot be loaded. */
  readonly error?: string;
}

function verdictOf(findings: readonly DoctorFinding[]): Verdict {
  if (findings.some(prevents)) return 'fails';
  return findings.every(({ ok }) => ok) ? 'works' : 'weaker';
}

/** What each backend's doctor says. Opens none. */
export async function doctor(names: readonly string[] = backendNames()): Promise<BackendReport[]> {
  return await Promise.all(
    names.map(async (name): Promise<BackendReport> => {
      try {
        const findings = await (await loadBackend(name)).doctor();
        const verdict = verdictOf(findings);
        return { backend: name, installed: true, works: verdict !== 'fails', verdict, findings };
      } catch (error) {
        const installed = !(ColonyError.is(error) && error.code === 'ERR_BACKEND_MISSING');
        return {
          backend: name,
          installed,
          works: false,
          verdict: 'fails',
          findings: [],
          error: (error as Error).message,
        };
      }
    }),
  );
}

/** Disposes of all open backends. The next context opens them anew. */
export async function shutdown(): Promise<void> {
  const all = [...opened.values()];
  opened.clear();
  const results = await Promise.allSettled(all.map(async (backend) => (await backend).dispose()));
  const failed = results.find((result) => result.status === 'rejected');
  if (failed !== undefined)
    throw new ColonyError('ERR_INTERNAL', 'a backend did not shut down', {
      cause: (failed as PromiseRejectedResult).reason,
    });
}
