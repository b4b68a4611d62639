/** Packages that only some reports need: optional peer dependencies of this package. */
import { createRequire } from 'node:module';

const own: { name: string; peerDependencies: Readonly<Record<string, string>> } = createRequire(import.meta.url)(
  '../package.json',
);

/**
 * Names in Colony's scope belong to others on the public registry, so no suggested command may fetch them from there.
 */
const scope = own.name.replace(/[^/]*$/, '');

function remedyOf(name: string): string {
  if (name.startsWith(scope)) return `install it from where ${own.name} came from`;
  const version = own.peerDependencies[name];
  return `run \`npm install --save-dev ${version === undefined ? name : `${name}@${version}`}\``;
}

/**
 * Imports a package on demand, so that a missing package is a reported reason and not a failure.
 * @throws Error with the remedy
 */
export async function loadPackage<Module>(name: string): Promise<Module> {
  try {
    return (await import(name)) as Module;
  } catch (error) {
    const missing = (error as { code?: unknown }).code === 'ERR_MODULE_NOT_FOUND';
    const what = missing ? 'is not installed' : `cannot be loaded (${(error as Error).message.split('\n')[0]})`;
    throw new Error(`${name} ${what}: ${remedyOf(name)}`);
  }
}
