/** The measured libraries and their bindings are in the repository's examples. They are not part of this package. */
import { existsSync } from 'node:fs';

export interface Isolated {
  call(): unknown;
  dispose(): Promise<void>;
}

export interface Work {
  /** C: runs this many calls in an ordinary process. Returns nanoseconds of each call, and the size of the output. */
  process?(count: number): Promise<{ size: number; samples: number[] }>;
  /** JavaScript: a call in this process. */
  call?(): unknown;
  isolated(backend: string): Promise<Isolated>;
  sizeOf(result: unknown): number;
}

const door = new URL('../../../../../examples/lib/measure.mjs', import.meta.url);

export async function openWork(example: string, job: string): Promise<Work> {
  if (!existsSync(door)) throw new Error('the libraries are in examples/ of a checkout of Colony, and this is not one');
  const { open } = (await import(door.href)) as { open(example: string, job: string): Promise<Work> };
  return open(example, job);
}
