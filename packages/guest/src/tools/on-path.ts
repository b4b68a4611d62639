import { delimiter, join, resolve } from 'node:path';

/** Returns the possible paths of a program, whether or not they exist. */
export const onPath = (name: string): string[] =>
  name.includes('/')
    ? [resolve(name)]
    : (process.env.PATH ?? '')
        .split(delimiter)
        .filter((folder) => folder !== '')
        .map((folder) => join(folder, name));
