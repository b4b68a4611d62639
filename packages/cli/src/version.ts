import { readFileSync } from 'node:fs';

const manifest = (): { version: string; engines: { node: string } } =>
  JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));

/** This package's version. */
export function version(): string {
  return manifest().version;
}

/** Major and minor of the oldest Node that this package runs on. */
export function leastNode(): readonly [major: number, minor: number] {
  const [, major, minor = 0] = /(\d+)(?:\.(\d+))?/.exec(manifest().engines.node) ?? [];
  return [Number(major), Number(minor)];
}
