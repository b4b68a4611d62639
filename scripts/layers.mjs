#!/usr/bin/env node
// The layer check: imports against DESIGN.md's arrows ("One way through") are errors.
//   node scripts/layers.mjs [ROOT]
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { checkNative } from './layers/native.mjs';
import { checkPackages } from './layers/packages.mjs';

const root = resolve(process.argv[2] ?? join(fileURLToPath(import.meta.url), '../..'));
const parts = [await checkPackages(root), checkNative(join(root, 'packages/backend-kvm/native'))];
const violations = parts.flatMap((part) => part.violations);
for (const { rule, from, to } of violations) console.error(`${from} -> ${to}\n    ${rule}`);
const files = parts.reduce((sum, part) => sum + part.files, 0);
console.log(`layers: ${files} files, ${violations.length} violations`);
process.exitCode = violations.length > 0 || files === 0 ? 1 : 0;
