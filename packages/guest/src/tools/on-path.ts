import { delimiter, join, resolve } from 'node:path';

/** Where a program of this name would be found, whether or not it is there. */
export const onPath = (name: string): string[] =>
  name.includes('/')
    ? [resolve(name)]
    : (process.env.PATH ?? '')
        .split(delimiter)
        .filter((folder) => folder !== '')
        .map((folder) => join(folder, name));
