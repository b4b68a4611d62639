/**
 * Opens files without following a link anywhere in their path. Each step is one `open` with O_NOFOLLOW, relative to the
 * descriptor of the previous step. So no swap by another process leads elsewhere:
 *
 *     '/' -> /proc/self/fd/7/srv -> /proc/self/fd/8/data -> /proc/self/fd/9/file
 *
 * A step is only located (O_PATH). Its type is checked on that descriptor, and then the same inode is opened. So no
 * device, pipe or link is ever opened. A new file is created with O_EXCL, which follows no link either.
 */
import * as fs from 'node:fs';

const { O_WRONLY, O_CREAT, O_EXCL, O_DIRECTORY, O_NOFOLLOW, O_NONBLOCK } = fs.constants;
/** Linux: locates a file without opening it. Needs no permission to read. `fs.constants` does not have it. */
const O_PATH = 0o10000000;

/** Most tries if others remove the file just before each opening and create it just before we do. */
const MAX_TRIES = 100;

let works: boolean | undefined;

/** Returns whether this system and runtime open without following links. Tested with a link that every Linux has. */
export function opensWithoutLinks(): boolean {
  works ??= refuses('/proc/self');
  return works;
}

function refuses(link: string): boolean {
  try {
    fs.closeSync(fs.openSync(link, O_PATH | O_DIRECTORY | O_NOFOLLOW));
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOTDIR';
  }
}

const below = (fd: number, step?: string) => `/proc/self/fd/${fd}${step === undefined ? '' : `/${step}`}`;

function closing<T>(fd: number, use: (fd: number) => T): T {
  try {
    return use(fd);
  } finally {
    fs.closeSync(fd);
  }
}

/** Passes the descriptor of a directory to `use`. `steps` begin at the root and contain neither `.` nor `..`. */
function inDirectory<T>(steps: readonly string[], use: (fd: number) => T): T {
  let fd = fs.openSync('/', O_PATH | O_DIRECTORY);
  try {
    for (const step of steps) {
      const next = fs.openSync(below(fd, step), O_PATH | O_DIRECTORY | O_NOFOLLOW);
      fs.closeSync(fd);
      fd = next;
    }
    return use(fd);
  } finally {
    fs.closeSync(fd);
  }
}

/**
 * Passes the located file to `use`. It is not opened, and may itself be a link.
 * @throws the system's errors; ENOTDIR if a directory of the path is a link
 */
export function locate<T>(steps: readonly string[], use: (fd: number) => T): T {
  const name = steps.at(-1);
  if (name === undefined) return inDirectory([], use);
  return inDirectory(steps.slice(0, -1), (parent) =>
    closing(fs.openSync(below(parent, name), O_PATH | O_NOFOLLOW), use),
  );
}

/**
 * Returns the target of a link, which is not followed. `steps` name the link.
 * @throws the system's errors; EINVAL if it is not a link any more
 */
export function readLink(steps: readonly string[]): string {
  const name = steps.at(-1) ?? '.';
  return inDirectory(steps.slice(0, -1), (parent) => fs.readlinkSync(below(parent, name)));
}

/** Opens the file that `located` refers to, even if it has moved, and passes the descriptor to `use`. */
export function reopen<T>(located: number, flags: number, use: (fd: number) => T): T {
  return closing(fs.openSync(below(located), flags | O_NONBLOCK), use);
}

/** Opens the directory that `located` refers to, for listing. */
export function openList(located: number): fs.Dir {
  return fs.opendirSync(below(located));
}

/** Opens a file for writing, or creates it. `check` throws if an existing file must not be opened. */
export function openOrMake<T>(steps: readonly string[], check: (located: number) => void, use: (fd: number) => T): T {
  const name = steps.at(-1);
  const write = (located: number) => {
    check(located);
    return reopen(located, O_WRONLY, use);
  };
  if (name === undefined) return locate(steps, write);
  return inDirectory(steps.slice(0, -1), (parent) => {
    for (let tries = 1; ; tries++) {
      const located = unless('ENOENT', tries, () => fs.openSync(below(parent, name), O_PATH | O_NOFOLLOW));
      if (located !== undefined) return closing(located, write);
      const flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_NONBLOCK;
      const made = unless('EEXIST', tries, () => fs.openSync(below(parent, name), flags, 0o644));
      if (made !== undefined) return closing(made, use);
    }
  });
}

function unless<T>(code: string, tries: number, work: () => T): T | undefined {
  try {
    return work();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== code || (code === 'EEXIST' && tries === MAX_TRIES)) throw error;
    return undefined;
  }
}
