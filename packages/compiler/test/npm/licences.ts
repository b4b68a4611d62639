/** Licences of packages and of all their dependencies, from npm's lock file. */
import { readFileSync } from 'node:fs';

interface Locked {
  readonly license?: string;
  readonly dependencies?: Readonly<Record<string, string>>;
}

const { packages } = JSON.parse(readFileSync(new URL('../../../../package-lock.json', import.meta.url), 'utf8')) as {
  readonly packages: Readonly<Record<string, Locked>>;
};

/** Returns the path at which the package at `from` finds `name`. */
function placeOf(name: string, from: string): string {
  for (let folder = from; ; folder = folder.slice(0, Math.max(0, folder.lastIndexOf('/node_modules/')))) {
    const place = folder === '' ? `node_modules/${name}` : `${folder}/node_modules/${name}`;
    if (packages[place] !== undefined || folder === '') return place;
  }
}

export function licencesOf(names: readonly string[]): readonly (readonly [place: string, licence: string])[] {
  const licences = new Map<string, string>();
  const add = (name: string, from: string): void => {
    const place = placeOf(name, from);
    if (licences.has(place)) return;
    const { license = 'unknown', dependencies = {} } = packages[place] ?? {};
    licences.set(place, license);
    for (const name of Object.keys(dependencies)) add(name, place);
  };
  for (const name of names) add(name, 'packages/compiler');
  return [...licences];
}
