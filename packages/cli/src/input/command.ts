/** Finds commands as a shell does. */
import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, resolve } from 'node:path';

/** Returns the path of an executable file: the command itself if it has a slash, else the first on PATH. */
export function findCommand(command: string): string | undefined {
  if (command.includes('/')) return isExecutable(resolve(command)) ? resolve(command) : undefined;
  return (process.env['PATH'] ?? '')
    .split(delimiter)
    .filter((folder) => folder !== '')
    .map((folder) => resolve(folder, command))
    .find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
