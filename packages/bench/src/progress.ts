/** Shows the progress of a run and its remaining time on stderr, for people. */

const duration = (seconds: number) => (seconds < 90 ? `${Math.ceil(seconds)} s` : `${Math.ceil(seconds / 60)} min`);

/** Milliseconds between two lines if stderr is not a terminal: for readers of a long run's log. */
const LINE_EVERY = 30_000;

export interface ProgressOptions {
  /** Trials that an earlier run finished; they do not count for the speed. */
  readonly before?: number;
  readonly stream?: Pick<NodeJS.WriteStream, 'write'> & { readonly isTTY?: boolean };
  readonly lineEvery?: number;
  /** Milliseconds; the clock. */
  readonly now?: () => number;
}

export class Progress {
  #trials: number;
  readonly #before: number;
  readonly #stream: NonNullable<ProgressOptions['stream']>;
  readonly #every: number;
  readonly #now: () => number;
  readonly #started: number;
  #lastLine: number;

  constructor(trials: number, options: ProgressOptions = {}) {
    this.#trials = trials;
    this.#before = options.before ?? 0;
    this.#stream = options.stream ?? process.stderr;
    this.#every = options.lineEvery ?? LINE_EVERY;
    this.#now = options.now ?? (() => performance.now());
    this.#started = this.#now();
    this.#lastLine = this.#started;
  }

  /** Adds trials that the run turned out to need. */
  extend(trials: number): void {
    this.#trials = Math.max(this.#trials, trials);
  }

  /** `share`: the finished part of the trial, from 0 to 1, as an estimate. */
  step(trial: number, share: number, doing: string): void {
    const text = `trial ${trial} of ${this.#trials}, ${doing}${this.#left(trial, Math.min(1, share))}`;
    if (this.#stream.isTTY) this.#stream.write(`\r\x1b[K  ${text}`);
    else if (this.#now() - this.#lastLine >= this.#every) {
      this.#lastLine = this.#now();
      this.#stream.write(`bench: ${text}\n`);
    }
  }

  /** Shows an activity outside the trials, on a terminal only. */
  beside(doing: string): void {
    if (this.#stream.isTTY) this.#stream.write(`\r\x1b[K  ${doing}`);
  }

  #left(trial: number, share: number): string {
    const whole = this.#trials - this.#before;
    const done = (trial - 1 - this.#before + share) / Math.max(1, whole);
    const spent = (this.#now() - this.#started) / 1000;
    return done > 0.02 ? `, about ${duration((spent / done) * (1 - done))} left` : '';
  }

  /** Writes a line that stays. */
  say(line: string): void {
    this.done();
    this.#stream.write(`bench: ${line}\n`);
  }

  done(): void {
    if (this.#stream.isTTY) this.#stream.write('\r\x1b[K');
  }
}
