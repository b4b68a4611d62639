/** Resources that must not be left behind when this thread ends, in whatever way. */
import { rmdirSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { guestFolder } from '../package.js';

/** Each `add` returns a number for `remove`, which is called when the resource has ended or is gone. */
export interface Remains {
  /** A child that this thread has just started. */
  addProcess(pid: number): number;
  /** An empty folder, such as a cgroup: removed once the processes have ended. Absolute path. */
  addDirectory(path: string): number;
  /** A folder and all in it. Absolute path. */
  addTree(path: string): number;
  remove(number: number): void;
  /** Ends and removes all resources, and waits for that. */
  end(): void;
}

/** Other runtimes wait for their children in their own ways. */
const isNode = process.versions['bun'] === undefined && process.versions['deno'] === undefined;

/** The addon also ends all resources when Node runs no more JavaScript: see native/ending.c. */
function native(): Remains | undefined {
  try {
    return isNode ? createRequire(import.meta.url)(join(guestFolder, 'dist/native/ending.node')) : undefined;
  } catch {
    return undefined; // another system or processor, or a checkout without a C compiler
  }
}

interface Item {
  readonly pid?: number;
  readonly directory?: string;
  readonly tree?: string;
}

/** Replaces the addon by code in the `exit` event, in which JavaScript cannot wait for a child. */
export class ScriptedRemains implements Remains {
  readonly #items = new Map<number, Item>();
  #last = 0;

  addProcess(pid: number): number {
    return this.#add({ pid });
  }

  addDirectory(directory: string): number {
    return this.#add({ directory });
  }

  addTree(tree: string): number {
    return this.#add({ tree });
  }

  #add(item: Item): number {
    this.#items.set(++this.#last, item);
    return this.#last;
  }

  remove(number: number): void {
    this.#items.delete(number);
  }

  end(): void {
    const items = [...this.#items.values()];
    this.#items.clear();
    for (const { pid } of items) if (pid !== undefined) kill(pid);
    for (const { directory, tree } of items) {
      if (directory !== undefined) attempt(() => rmdirSync(directory));
      if (tree !== undefined) attempt(() => rmSync(tree, { recursive: true, force: true }));
    }
  }
}

/** Kills the process, and the group that it leads, if any. */
function kill(pid: number): void {
  attempt(() => process.kill(-pid, 'SIGKILL'));
  attempt(() => process.kill(pid, 'SIGKILL'));
}

function attempt(act: () => void): void {
  try {
    act();
  } catch {
    // It has ended, or is gone. The next start removes the rest.
  }
}

let own: Remains | undefined;

/** The resources of this thread. */
export function remains(): Remains {
  if (own === undefined) {
    const made = native() ?? new ScriptedRemains();
    own = made;
    // Node runs no cleanup hooks of the main thread when that calls process.exit.
    process.once('exit', () => made.end());
  }
  return own;
}
