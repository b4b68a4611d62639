#!/usr/bin/env node
// Makes a release: builds, packs every public package, checks each tarball in an empty folder, writes checksums.
//   npm run release -- [--scope @NAME] [--out FOLDER]
// Nothing is published. The folder holds the tarballs and SHA256SUMS ('sha256sum -c SHA256SUMS').
import { createHash } from 'node:crypto';
import { copyFile, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { root } from './lib/run.mjs';
import { aboveFloors, buildReproducibly } from './release/addon.mjs';
import { dependencyProblems, manifestOf, problemsOf } from './release/contents.mjs';
import { tryAlone } from './release/install.mjs';
import { SCOPE } from './release/pack.mjs';
import { parts } from './release/parts.mjs';
import { withTarballs } from './release/tarballs.mjs';
import { setup } from './setup.mjs';

const { values } = parseArgs({
  options: { scope: { type: 'string', default: SCOPE }, out: { type: 'string', default: join(root, 'release') } },
});
const out = resolve(values.out);
const { scope } = values;
if (!/^@[a-z0-9~-][a-z0-9._~-]*$/.test(scope)) {
  console.error(`--scope ${scope}: not a scope of npm; it looks like @name`);
  process.exit(2);
}

const report = parts();
await setup();
await mkdir(join(root, '.cache'), { recursive: true });
const addon = join(root, '.cache/release-addon.node');
const reproducible = await report.part('the native addon: two builds in two folders are the same bytes', async () => {
  await buildReproducibly(addon);
});
if (reproducible) {
  await report.part('the native addon needs no newer system than stated', async () => {
    const above = await aboveFloors(addon);
    if (above.length > 0) throw new Error(`it asks for ${above.join(', ')}`);
  });
  await withTarballs(check, { scope, addon });
}
report.finish();

/** @param {import('./release/tarballs.mjs').Tarballs} tarballs */
async function check(tarballs) {
  for (const packed of tarballs.packages)
    await report.part(`${packed.name}: its files and what it depends on`, async () => {
      const manifest = await manifestOf(join(tarballs.files, packed.filename));
      const problems = [...problemsOf(packed), ...dependencyProblems(manifest, scope)];
      if (problems.length > 0) throw new Error(problems.join('; '));
    });
  await tryAlone(tarballs, report);
  if (report.failed()) return;
  await write(tarballs.files, tarballs.packages.map(({ filename }) => filename).sort());
}

/** @param {string} from @param {readonly string[]} names */
async function write(from, names) {
  await mkdir(out, { recursive: true });
  for (const old of await readdir(out)) if (/\.tgz$|^SHA256SUMS$/.test(old)) await rm(join(out, old));
  let sums = '';
  for (const name of names) {
    const digest = createHash('sha256')
      .update(await readFile(join(from, name)))
      .digest('hex');
    sums += `${digest}  ${name}\n`;
    await copyFile(join(from, name), join(out, name));
  }
  await writeFile(join(out, 'SHA256SUMS'), sums);
  console.log(`${names.length} tarballs and SHA256SUMS are in ${out}`);
}
