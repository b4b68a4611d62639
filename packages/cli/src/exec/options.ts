/** Reads the options of `colony exec` that name files and variables of the program. */
import { existsSync } from 'node:fs';
import { isAbsolute, posix, resolve } from 'node:path';
import { UsageError } from '../failure.js';
import { systemError } from '../system-error.js';

/** A directory or file of the host, and its path in the guest. */
export interface Mapping {
  readonly guest: string;
  readonly host: string;
}

/** Reads `DIR` or `GUEST=HOST`. A path that exists as it is written wins, even if it has a `=`. */
export function readMapping(text: string): Mapping {
  const at = text.indexOf('=');
  const [guest, host] =
    at < 0 || existsSync(text) ? [resolve(text), resolve(text)] : [text.slice(0, at), resolve(text.slice(at + 1))];
  if (!isAbsolute(guest))
    throw new UsageError(`--files: a path in the guest is absolute, as in /data=folder, not ${guest}`);
  if (!existsSync(host)) throw systemError('ENOENT', host);
  return { guest: posix.resolve(guest), host };
}

/** @throws UsageError */
export function readVariables(texts: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    texts.map((text) => {
      const at = text.indexOf('=');
      if (at < 1) throw new UsageError(`--env: expected NAME=VALUE, not ${JSON.stringify(text)}`);
      return [text.slice(0, at), text.slice(at + 1)];
    }),
  );
}

/** Returns the working directory in the guest, if one of the mappings contains the command's own. */
export function workingDirectory(mappings: readonly Mapping[], own = process.cwd()): string | undefined {
  const mapping = mappings.find(({ host }) => own === host || own.startsWith(host === '/' ? '/' : `${host}/`));
  return mapping === undefined ? undefined : posix.join(mapping.guest, own.slice(mapping.host.length));
}
