// Terminal output of the scripts. Built-in modules only, because set-up runs before any dependency is installed.
import { styleText } from 'node:util';

const colour = process.stdout.isTTY === true && !process.env.NO_COLOR;

/** @param {Parameters<typeof styleText>[0]} format @param {string} text */
export function style(format, text) {
  return colour ? styleText(format, text) : text;
}

/** @param {number} milliseconds */
function duration(milliseconds) {
  const seconds = milliseconds / 1000;
  return seconds < 100 ? `${seconds.toFixed(1)} s` : `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`;
}

/** Concurrent activities share a line. @type {Set<Progress>} */
const going = new Set();

/** One line of progress: rewritten in place on a terminal; elsewhere printed from time to time. */
export class Progress {
  #title;
  #note = '';
  #started = Date.now();
  #timer;
  #quiet;

  /** @param {string} title @param {{ quiet?: boolean }} [options] */
  constructor(title, options = {}) {
    this.#title = title;
    this.#quiet = options.quiet ?? false;
    if (!this.#quiet) going.add(this);
    this.#timer = setInterval(() => this.#draw(), colour ? 250 : 20_000);
    this.#timer.unref();
    if (colour) this.#draw();
  }

  /** @param {string} note */
  note(note) {
    this.#note = note;
  }

  get #state() {
    return `… ${this.#title} ${duration(Date.now() - this.#started)} ${this.#note}`;
  }

  #draw() {
    if (this.#quiet) return;
    if (!colour) return console.log(`  ${this.#state}`);
    const line = `  ${[...going].map((task) => task.#state).join(' ')}`;
    process.stdout.write(`\r\x1b[2K${style('dim', line.slice(0, (process.stdout.columns ?? 80) - 1))}`);
  }

  /** @param {boolean} ok @param {string} [note] */
  end(ok, note = '') {
    clearInterval(this.#timer);
    going.delete(this);
    if (colour && !this.#quiet) process.stdout.write('\r\x1b[2K');
    if (this.#quiet && ok) return;
    const mark = ok ? style('green', '✓') : style('red', '✗');
    console.log(`  ${mark} ${this.#title} ${style('dim', `${duration(Date.now() - this.#started)} ${note}`.trim())}`);
  }
}

/** @param {string} line */
export function warn(line) {
  console.log(`  ${style('yellow', '!')} ${line}`);
}
