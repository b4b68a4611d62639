/** Selects tests: the language and the built-ins of ES2023 that a guest with one realm can run. */

import type { TestFile } from './frontmatter.js';
import type { Harness } from './harness.js';

/** Excluded features by their names in test262, with the reasons. */
export const EXCLUDED_FEATURES: Readonly<Record<string, readonly string[]>> = {
  'later than ES2023': [
    'Array.fromAsync',
    'Atomics.waitAsync',
    'FinalizationRegistry.prototype.cleanupSome',
    'Float16Array',
    'Intl.Locale',
    'RegExp.escape',
    'ShadowRealm',
    'String.prototype.isWellFormed',
    'String.prototype.toWellFormed',
    'Temporal',
    'array-grouping',
    'arraybuffer-transfer',
    'decorators',
    'explicit-resource-management',
    'import-assertions',
    'import-attributes',
    'iterator-helpers',
    'json-modules',
    'json-parse-with-source',
    'legacy-regexp',
    'promise-try',
    'promise-with-resolvers',
    'regexp-duplicate-named-groups',
    'regexp-modifiers',
    'regexp-v-flag',
    'resizable-arraybuffer',
    'set-methods',
    'source-phase-imports',
    'uint8array-base64',
  ],
  'Annex B: for web browsers': ['IsHTMLDDA', '__getter__', '__proto__', '__setter__', 'caller'],
  'needs a second realm': ['cross-realm'],
  'needs a collector that runs on demand': ['host-gc-required'],
  'only one engine has it': ['tail-call-optimization'],
};

const reasonOfFeature = new Map(
  Object.entries(EXCLUDED_FEATURES).flatMap(([reason, names]) => names.map((name) => [name, reason] as const)),
);

/** Patterns in the text: facilities that INTERPRETING.md requires of a host and that Colony's guests lack. */
const HOST_FACILITIES: readonly (readonly [RegExp, string])[] = [
  [/\$262\.agent\b/, 'needs threads that share memory'],
  [/\$262\.createRealm\b/, 'needs a second realm'],
  [/\$262\.evalScript\b/, 'needs scripts: a guest evaluates modules, and eval code'],
  [/\$262\.(gc|clearKeptObjects?)\b/, 'needs a collector that runs on demand'],
  [/\$262\.IsHTMLDDA\b/, 'Annex B: for web browsers'],
];

/**
 * By folder. Tests run as indirect eval code, whose declarations differ from a script's by design (ECMA-262, 19.2.1.3).
 */
const FOLDERS: readonly (readonly [RegExp, string])[] = [
  [/^language\/global-code\//, 'needs scripts: a guest evaluates modules, and eval code'],
  [/^built-ins\/(Temporal|ShadowRealm|AsyncIterator|Iterator)\//, 'later than ES2023'],
];

const HOST_INCLUDES: Readonly<Record<string, string>> = {
  'timer.js': 'needs timers',
  'async-gc.js': 'needs a collector that runs on demand',
  'atomicsHelper.js': 'needs threads that share memory',
  'testAtomics.js': 'needs threads that share memory',
  'temporalHelpers.js': 'later than ES2023',
  'testIntl.js': 'Intl',
  'tcoHelper.js': 'only one engine has it',
};

/**
 * The reason why a test is excluded, and its cause in the test: a feature, a harness file, a folder or a host facility.
 */
export interface Exclusion {
  readonly reason: string;
  readonly by: string;
}

/** Undefined if a test is in the selection. */
export function excluded(test: TestFile, harness: Harness): Exclusion | undefined {
  for (const feature of test.features) {
    const reason = reasonOfFeature.get(feature) ?? (feature.startsWith('Intl') ? 'Intl' : undefined);
    if (reason !== undefined) return { reason, by: feature };
  }
  for (const name of test.includes) {
    const reason = HOST_INCLUDES[name] ?? (harness.has(name) ? undefined : 'the copy lacks a harness file');
    if (reason !== undefined) return { reason, by: name };
  }
  for (const [pattern, reason] of FOLDERS) {
    const folder = pattern.exec(test.path)?.[0];
    if (folder !== undefined) return { reason, by: folder };
  }
  for (const [pattern, reason] of HOST_FACILITIES) {
    const facility = pattern.exec(test.source)?.[0];
    if (facility !== undefined) return { reason, by: facility };
  }
  return undefined;
}

/** Every n-th item of a list, spread evenly; the same each time. */
export function sample<T>(all: readonly T[], count: number): readonly T[] {
  if (count >= all.length) return all;
  return Array.from({ length: count }, (_, i) => all[Math.floor(((i + 0.5) * all.length) / count)]!);
}

/** `language/types`, `built-ins/Array`: one row of the table. */
export function areaOf(path: string): string {
  return path.split('/').slice(0, 2).join('/');
}
