/**
 * Children and folders that end with the thread that made them: when it calls process.exit, throws, is terminated or comes to
 * its end. A process that is killed leaves folders to the next one that makes any, and its children are killed by the kernel
 * where they have asked for that.
 */
import type { ChildProcess } from 'node:child_process';
import { remains } from './remains.js';

export {
  folderBeside,
  forgetFolder,
  isAbandoned,
  owner,
  pathBeside,
  removeFolder,
  temporaryFolder,
} from './folders.js';

/** The child ends with this thread. Call it right after the child was started. */
export function endWithThread(child: ChildProcess): void {
  if (child.pid === undefined) return;
  const number = remains().addProcess(child.pid);
  child.once('exit', () => remains().remove(number));
}

/**
 * The empty folder (a cgroup) is removed with this thread, once its children have ended. @returns a function to call when
 * the folder is gone before
 */
export function removeWithThread(path: string): () => void {
  const number = remains().addDirectory(path);
  return () => remains().remove(number);
}
