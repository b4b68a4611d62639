/** A child process by child_process.fork, with Node's own channel. */
import { type ChildProcess, fork } from 'node:child_process';
import { ending } from './line-process.js';

export class Forked {
  readonly #child: ChildProcess;
  /** Ends it even if it is busy. */
  readonly end: () => Promise<void>;
  #waiting: { resolve(answer: never): void; reject(error: Error): void } | undefined;
  #ended: Error | undefined;

  constructor(module: string, execArgv: readonly string[] = []) {
    this.#child = fork(module, { execArgv: [...execArgv], stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
    this.end = ending(this.#child);
    this.#child.on('message', (answer) => {
      this.#waiting?.resolve(answer as never);
      this.#waiting = undefined;
    });
    this.#child.on('error', (error) => this.#fail(error));
    this.#child.on('exit', (status, signal) => this.#fail(new Error(`the child ended with ${signal ?? status}`)));
  }

  #fail(error: Error): void {
    this.#ended ??= error;
    this.#waiting?.reject(this.#ended);
    this.#waiting = undefined;
  }

  ask<Answer>(request: object): Promise<Answer> {
    if (this.#ended !== undefined) return Promise.reject(this.#ended);
    return new Promise<Answer>((resolve, reject) => {
      this.#waiting = { resolve, reject };
      this.#child.send(request, (error) => error && this.#fail(error));
    });
  }
}
