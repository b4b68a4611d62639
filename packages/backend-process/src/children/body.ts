/** The body of a child, below the frames: a process in a jail, or a worker thread. */
import type { Duplex } from 'node:stream';
import type { JailExit, Jailed } from '../jail/index.js';
import { cpuTimeOf } from './cpu.js';

export interface Body {
  readonly channel: Duplex;
  /** Resolves when nothing of it is left. */
  readonly exited: Promise<JailExit>;
  /** Its last words, bounded and harmless. */
  stderr(): string;
  /** Milliseconds of CPU time that it has used; `undefined` if that is not known. */
  cpuTime(): number | undefined;
  /** Ends it at once. `idle`: it serves nothing at present. */
  end(idle: boolean): void;
}

export function jailedBody({ channel, exited, stderr, pid, kill }: Jailed): Body {
  return { channel, exited, stderr, cpuTime: () => cpuTimeOf(pid), end: kill };
}
