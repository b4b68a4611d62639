/** Ends a tool and all processes that it started. */
import type { ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** Milliseconds between two checks of the remaining processes, and checks before the rest is killed. */
const PAUSE = 20;
const MOST_LOOKS = 50;

/**
 * Ends processes without children first, so that each is waited for by its parent. An orphan is left to process 1,
 * which in a container may never wait for it.
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

/** Kills a tool's whole process group. */
function endGroup({ pid }: ChildProcess): void {
  if (pid !== undefined) kill(-pid);
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // The process has ended.
  }
}

/** Returns the processes below `pid` that have no children, or `pid` itself. */
function lastOf(pid: number): number[] {
  const children = childrenOf(pid);
  return children.length === 0 ? [pid] : children.flatMap(lastOf);
}

function childrenOf(pid: number): number[] {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number);
  } catch {
    return []; // it has ended, or this kernel does not list children
  }
}
