/** Where a run is and how long it will take yet, on stderr, for people. */

const duration = (seconds: number) => (seconds < 90 ? `${Math.ceil(seconds)} s` : `${Math.ceil(seconds / 60)} min`);

export class Progress {
  readonly #trials: number;
  readonly #stream: NodeJS.WriteStream;
  readonly #started = performance.now();

  constructor(trials: number, stream: NodeJS.WriteStream = process.stderr) {
    this.#trials = trials;
    this.#stream = stream;
  }

  step(trial: number, share: number, doing: string): void {
    if (!this.#stream.isTTY) return;
    const done = (trial - 1 + share) / this.#trials;
    const spent = (performance.now() - this.#started) / 1000;
    const left = done > 0.02 ? `, ${duration((spent / done) * (1 - done))} left` : '';
    this.#stream.write(`\r\x1b[K  trial ${trial} of ${this.#trials}, ${doing}${left}`);
  }

  done(): void {
    if (this.#stream.isTTY) this.#stream.write('\r\x1b[K');
  }
}
