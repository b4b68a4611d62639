#!/usr/bin/env node
// The layer check: reports imports against the arrows of CONTRIBUTING.md ("Rooms, and one way through").
//   node scripts/layers.mjs [ROOT]
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { checkCircles } from './layers/circles.mjs';
import { readImports } from './layers/imports.mjs';
import { checkNative } from './layers/native.mjs';
import { checkPackages } from './layers/packages.mjs';

const root = resolve(process.argv[2] ?? join(fileURLToPath(import.meta.url), '../..'));
const { files: typescript, imports } = await readImports(root);
const native = checkNative(join(root, 'packages/backend-kvm/native'));
const violations = [...checkPackages(root, imports), ...checkCircles(imports), ...native.violations];
for (const { rule, from, to } of violations) console.error(`${from} -> ${to}\n    ${rule}`);
const files = typescript + native.files;
console.log(`layers: ${files} files, ${violations.length} violations`);
process.exitCode = violations.length > 0 || files === 0 ? 1 : 0;
