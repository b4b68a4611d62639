/** A child process that answers a line with a line. */
import { type ChildProcess, type ChildProcessByStdio, spawn } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import type { Remote, Request } from './remote.js';

/**
 * Returns a function that ends a child that was just started: it kills the child, even a busy one. It waits until the
 * child and all other holders of its pipes are gone.
 */
export function ending(child: ChildProcess): () => Promise<void> {
  const closed = new Promise<void>((resolve) => child.once('close', () => resolve()));
  return () => {
    child.kill('SIGKILL');
    return closed;
  };
}

export class LineProcess implements Remote {
  readonly #child: ChildProcessByStdio<Writable, Readable, Readable>;
  /** Ends it even if it is busy. */
  readonly end: () => Promise<void>;
  #waiting: { resolve(line: string): void; reject(error: Error): void } | undefined;
  #partial = '';
  #problem = '';
  #ended: Error | undefined;

  constructor(command: string, args: readonly string[], env: NodeJS.ProcessEnv = {}) {
    this.#child = spawn(command, args, { env, stdio: ['pipe', 'pipe', 'pipe'] });
    this.end = ending(this.#child);
    this.#child.stdin.on('error', () => {});
    this.#child.stdout.setEncoding('utf8').on('data', (text: string) => this.#take(text));
    this.#child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#problem = (this.#problem + text).slice(0, 4096);
    });
    this.#child.on('error', (error) => this.#fail(error));
    this.#child.on('close', (status, signal) => {
      const said = this.#problem.trim().split('\n')[0];
      this.#fail(new Error(`${command} ended with ${signal ?? status}${said ? `: ${said}` : ''}`));
    });
  }

  #take(text: string): void {
    this.#partial += text;
    const end = this.#partial.indexOf('\n');
    if (end < 0) return;
    const line = this.#partial.slice(0, end);
    this.#partial = this.#partial.slice(end + 1);
    this.#waiting?.resolve(line);
    this.#waiting = undefined;
  }

  #fail(error: Error): void {
    this.#ended ??= error;
    this.#waiting?.reject(this.#ended);
    this.#waiting = undefined;
  }

  line(text: string): Promise<string> {
    if (this.#ended !== undefined) return Promise.reject(this.#ended);
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject };
      this.#child.stdin.write(`${text}\n`);
    });
  }

  async ask(request: Request) {
    return JSON.parse(await this.line(JSON.stringify(request)));
  }
}
