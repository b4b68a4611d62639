/**
 * Children and folders that end with the thread that made them: when it calls process.exit, throws, is terminated or
 * returns. If the process is killed, the next process that makes folders removes its folders. The kernel kills those of
 * its children that have asked for it.
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

/** Ends the child with this thread. Call it right after the child was started. */
export function endWithThread(child: ChildProcess): void {
  if (child.pid === undefined) return;
  const number = remains().addProcess(child.pid);
  child.once('exit', () => remains().remove(number));
}

/**
 * Removes the empty folder (a cgroup) with this thread, once its children have ended.
 * @returns a function to call if the folder is removed earlier
 */
export function removeWithThread(path: string): () => void {
  const number = remains().addDirectory(path);
  return () => remains().remove(number);
}
