/** Results that are valid as long as the code is the same: one JSON file each, named by what they depend on. */
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export class Kept {
  readonly #folder: string;
  readonly #fingerprint: string;

  constructor(folder: string, fingerprint: string) {
    this.#folder = folder;
    this.#fingerprint = fingerprint;
  }

  #file(name: string): string {
    return join(this.#folder, `${name.replace(/[^\w.-]/g, '_')}-${this.#fingerprint}.json`);
  }

  get<T>(name: string): T | undefined {
    try {
      return JSON.parse(readFileSync(this.#file(name), 'utf8')) as T;
    } catch {
      return undefined;
    }
  }

  set(name: string, value: unknown): void {
    mkdirSync(this.#folder, { recursive: true });
    const made = `${this.#file(name)}.${process.pid}`;
    writeFileSync(made, JSON.stringify(value));
    renameSync(made, this.#file(name));
  }
}
