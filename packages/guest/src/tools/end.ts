/** Ends a tool with all that it started. */
import type { ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** Milliseconds between two looks at what is left, and looks before the rest is ended at once. */
const PAUSE = 20;
const MOST_LOOKS = 50;

/**
 * First those that started nothing, so that each process is waited for by the one that started it: an orphan is left to
 * process 1, which in a container may never wait for it.
 */
export function endTool(child: ChildProcess): void {
  const { pid } = child;
  if (pid === undefined) return;
  let looks = 0;
  const look = () => {
    if (++looks < MOST_LOOKS) for (const last of lastOf(pid)) kill(last);
    else endGroup(child);
  };
  look();
  const timer = setInterval(look, PAUSE);
  child.once('close', () => clearInterval(timer));
}

/** All of a tool's process group at once. */
function endGroup({ pid }: ChildProcess): void {
  if (pid !== undefined) kill(-pid);
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended.
  }
}

/** The processes below one (or itself) that have none below them. */
function lastOf(pid: number): number[] {
  const children = childrenOf(pid);
  return children.length === 0 ? [pid] : children.flatMap(lastOf);
}

function childrenOf(pid: number): number[] {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number);
  } catch {
    return []; // it has ended, or this kernel does not say
  }
}
