// Makes contexts of damaged images in its own process. Prints as JSON how each ended.
//
//   node hostile-images.mjs IMAGE named
//   node hostile-images.mjs IMAGE generated EDITS.json
import { readFileSync } from 'node:fs';
import { ColonyError, createContext, js, native, shutdown } from '@colony/core';
import { damages, editor, mutate, sectionBomb, symbolBomb } from './elf-damage.mjs';

const [file = '', mode = '', edits = ''] = process.argv.slice(2);
const good = readFileSync(file);

/** @param {Uint8Array} image */
async function outcome(image) {
  const started = process.cpuUsage();
  const timed = (/** @type {string} */ end) => {
    const { user, system } = process.cpuUsage(started);
    return { end, took: Math.round((user + system) / 1000) };
  };
  let context;
  try {
    const limits = { wallTime: 300, cpuTime: 300, startTime: 300 };
    context = await createContext({ backend: 'kvm', program: native.image(image), policy: { limits } });
    await context.call('nop');
    return timed('value');
  } catch (error) {
    return timed(
      ColonyError.is(error)
        ? `${error.code}${error.code === 'ERR_INTERNAL' ? `: ${error.message}` : ''}`
        : `NOT OURS: ${error}`,
    );
  } finally {
    await context?.dispose();
  }
}

/** @returns {[string, Uint8Array][]} */
function images() {
  if (mode === 'generated')
    return JSON.parse(readFileSync(edits, 'utf8')).map((/** @type {any} */ edit) => [
      JSON.stringify(edit),
      mutate(good, edit),
    ]);
  /** @type {[string, Uint8Array][]} */
  const named = Object.entries(damages).map(([name, damage]) => {
    const e = editor(good);
    return [name, damage(e) ?? e.copy];
  });
  return [...named, ['sections that multiply', sectionBomb(good)], ['symbols with long names', symbolBomb(good)]];
}

/** @type {Record<string, { end: string, took: number }>} */
const report = {};
for (const [name, image] of images()) report[name] = await outcome(image);
const policy = { limits: { wallTime: '2 min', cpuTime: '2 min', startTime: '2 min' } };
const healthy = await createContext({ backend: 'kvm', program: js('export const one = () => 1;'), policy });
report['a healthy context afterwards'] = { end: String(await healthy.call('one')), took: 0 };
await healthy.dispose();
await shutdown();
console.log(JSON.stringify({ report, rss: process.memoryUsage.rss() }));
