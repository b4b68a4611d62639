// Prints the demonstration, and lists unexpected results.
import pc from 'picocolors';

/** @type {string[]} */
const surprises = [];

// A reader that closes the pipe, as `head` does, wants no more output.
process.stdout.on('error', (error) => {
  if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'EPIPE') throw error;
  process.exit(0);
});

/** @param {number} milliseconds */
export function time(milliseconds) {
  if (milliseconds >= 1000) return `${(milliseconds / 1000).toFixed(2)} s`;
  if (milliseconds >= 1) return `${milliseconds.toFixed(milliseconds < 10 ? 2 : 1)} ms`;
  const micros = milliseconds * 1000;
  return micros >= 0.1 ? `${micros.toFixed(1)} us` : `${(micros * 1000).toFixed(0)} ns`;
}

/** @param {string} text @param {string} [note] */
export function heading(text, note) {
  console.log(`\n${pc.bold(text)}${note ? pc.dim(`  ${note}`) : ''}`);
}

/** @param {string} label @param {string} value @param {string} [note] */
export function row(label, value, note = '') {
  console.log(`  ${label.padEnd(46)}${pc.cyan(value.padStart(10))}  ${pc.dim(note)}`.trimEnd());
}

/** Prints an expected result, and remembers it if it did not happen. @param {boolean} held @param {string} label @param {string} outcome @param {string} [note] */
export function expectation(held, label, outcome, note = '') {
  if (!held) surprises.push(`${label}: ${outcome}`);
  const mark = held ? pc.green('✓') : pc.red('✗');
  console.log(`${mark} ${label.padEnd(46)}${pc.cyan(outcome)}${note ? pc.dim(`  ${note}`) : ''}`);
}

/** Prints the last lines, and returns the exit status. */
export function conclude() {
  if (surprises.length === 0) {
    console.log(pc.green('\nEverything was as expected.'));
    console.log(pc.dim("Next: 'npx --no-install colony --help', packages/docs/guide/getting-started.md, 'npm test'."));
    return 0;
  }
  console.error(pc.red(`\nNot as expected (${surprises.length}):`));
  for (const surprise of surprises) console.error(`  ${surprise}`);
  return 1;
}
