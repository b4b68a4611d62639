/** Turns a file into the program or snapshot of a context. */
import { component, js, native, type Program, Snapshot, wasm } from '@colony/core';
import { UsageError } from '../failure.js';
import type { Input } from '../input/file.js';
import { readSigner } from '../input/options.js';

const PROGRAMS: Readonly<Record<string, (file: string) => Program>> = {
  script: js.file,
  c: native.c,
  module: wasm,
  component,
  image: native.image,
};

export async function loadSubject(
  { file, kind }: Input,
  { backend, signedBy }: { readonly backend: string; readonly signedBy?: string },
): Promise<{ program: Program } | { snapshot: Snapshot }> {
  const program = PROGRAMS[kind];
  if (program === undefined) {
    const key = signedBy === undefined ? {} : { key: await readSigner(signedBy) };
    return { snapshot: await Snapshot.load(file, { backend, ...key }) };
  }
  if (signedBy !== undefined) throw new UsageError('--signed-by: only snapshots are signed');
  return { program: program(file) };
}
