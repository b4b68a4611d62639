// The project's own files, without git: checks run in a source archive, too.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './run.mjs';

/** Folders that .gitignore names. */
const MADE = /(?:^|\/)(?:node_modules|dist|build|prebuilds|\.turbo|\.cache|\.git)$|^release$/;

/** @param {string} [folder] from the root @returns {string[]} paths from the root */
export function filesBelow(folder = '') {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
    if (entry.isDirectory()) return MADE.test(path) ? [] : filesBelow(path);
    return entry.isFile() ? [path] : [];
  });
}
