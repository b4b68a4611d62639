/** Formats file system errors as one sentence: the file and the problem. */

const PHRASES: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file or folder',
  ENOTDIR: 'a part of this path is not a folder',
  EISDIR: 'it is a folder, not a file',
  EEXIST: 'it is there already, and is not a folder',
  EACCES: 'no permission to read or write it',
  EPERM: 'no permission to read or write it',
  EROFS: 'its file system is read-only',
  ENOSPC: 'no space is left on its device',
  ELOOP: 'its symbolic links go in a circle',
  ENAMETOOLONG: 'its name is too long',
  ENXIO: 'it is not a file',
};

const CODE = /^E[A-Z0-9]+$/;

/** Makes an error as Node would throw it. */
export function systemError(code: string, path: string): Error {
  return Object.assign(new Error(`${code}: ${path}`), { code, path });
}

/** `nofile.js: there is no such file or folder`; undefined for other errors than the system's. */
export function systemText(error: unknown, name?: string): { code: string; message: string } | undefined {
  if (!(error instanceof Error)) return undefined;
  const { code, path = name, message } = error as NodeJS.ErrnoException;
  if (typeof code !== 'string' || !CODE.test(code)) return undefined;
  const phrase = PHRASES[code] ?? message.replace(`${code}: `, '');
  return { code, message: path === undefined ? phrase : `${path}: ${phrase}` };
}
