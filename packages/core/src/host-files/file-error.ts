/** Errors of the host's files, as a guest sees them. */

export class FileError extends Error {
  constructor(
    readonly code: string,
    message: string,
  ) {
    super(message);
    this.name = 'Error';
  }
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file or directory',
  ELOOP: 'links are not followed',
  ENOTDIR: 'a part of the path is not a directory, or is a link',
  EACCES: 'permission denied',
  EISDIR: 'it is a directory',
};

export function fileError(code: string, path: unknown): FileError {
  return new FileError(code, `${code}: ${REASONS[code] ?? 'it cannot be opened'}: ${path}`);
}

/** Rewrites system errors: the message contains the guest's path, not its location on the host. */
export function withReasons<T>(path: unknown, work: () => T): T {
  try {
    return work();
  } catch (error) {
    const { code, syscall } = error as NodeJS.ErrnoException;
    if (syscall === undefined) throw error;
    throw fileError(code ?? 'EIO', path);
  }
}
