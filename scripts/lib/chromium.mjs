// Headless Chromium for tests of pages: pictures, print, and what a script sees in the page.
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { root } from './run.mjs';

const execute = promisify(execFile);

/** @typedef {{ width?: number, height?: number, dark?: boolean }} Screen Default 1280 x 900, light. */

/** A phone, a tablet and a desk: the widths, in pixels, that every page must fit. */
export const WIDTHS = [420, 768, 1280];

/** @param {Screen} screen */
const optionsOf = ({ width = 1280, height = 900, dark = false }) => [
  `--window-size=${width},${height}`,
  ...(dark ? ['--blink-settings=preferredColorScheme=0'] : []),
];

/**
 * Runs Chromium with a profile of its own.
 * @param {string} html a whole page
 * @param {readonly string[]} options
 * @returns {Promise<{ stdout: string, console: string[] }>} `console`: the lines that the page wrote to its console
 */
async function run(html, options) {
  const folder = mkdtempSync(join(tmpdir(), 'colony-chromium-'));
  try {
    const file = join(folder, 'page.html');
    writeFileSync(file, html);
    const common = [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      '--hide-scrollbars',
      `--user-data-dir=${folder}/profile`,
    ];
    const { stdout, stderr } = await execute(
      'chromium',
      [...common, '--enable-logging=stderr', '--v=0', ...options, `file://${file}`],
      { maxBuffer: 1 << 26, timeout: 280_000 },
    );
    return { stdout, console: stderr.split('\n').filter((line) => /:CONSOLE[:(]/.test(line)) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * Writes a picture of the page to `.cache/pages/NAME.png`, where people can look at it.
 * @param {string} html @param {string} name @param {Screen} [screen]
 * @returns {Promise<{ png: Buffer, console: string[] }>}
 */
export async function pictureOf(html, name, screen = {}) {
  const folder = join(root, '.cache/pages');
  mkdirSync(folder, { recursive: true });
  const file = join(folder, `${name}.png`);
  const { console } = await run(html, [`--screenshot=${file}`, ...optionsOf(screen)]);
  return { png: readFileSync(file), console };
}

/** @param {string} html @param {string} file the PDF */
export async function print(html, file) {
  await run(html, [`--print-to-pdf=${file}`, '--no-pdf-header-footer']);
}

/**
 * Runs a function in the page after its own scripts, and returns its result, which must be JSON.
 * @template T
 * @param {string} html
 * @param {() => T} look is sent as text, so it may use nothing from outside of itself
 * @param {Screen} [screen]
 * @returns {Promise<{ seen: T, console: string[] }>}
 */
export async function lookAt(html, look, screen = {}) {
  // The page's own policy would refuse the script.
  const open = html.replace(/<meta http-equiv="Content-Security-Policy"[^>]*>/, '');
  const script = `<script>parent.document.body.textContent = JSON.stringify((${look})());</script>`;
  const inner = open.replace(/<\/body>\s*<\/html>\s*$/, () => `${script}</body></html>`);
  // A window has at least 500 pixels, and a frame any width.
  const { width = 1280, height = 900 } = screen;
  const text = inner.replaceAll('&', '&amp;').replaceAll('"', '&quot;');
  const outer = `<!DOCTYPE html><meta name="color-scheme" content="light dark"><body><iframe width="${width}" height="${height}" style="border:0" srcdoc="${text}"></iframe></body>`;
  const { stdout, console } = await run(outer, [
    '--dump-dom',
    ...optionsOf({ ...screen, width: Math.max(width, 500) }),
  ]);
  const answer = /<body>(.*)<\/body>/s.exec(stdout)?.[1] ?? '';
  const seen = JSON.parse(answer.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&'));
  return { seen, console };
}
