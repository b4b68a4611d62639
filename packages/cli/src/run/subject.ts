/** A file as what a context is made of. */
import { component, js, native, type Program, Snapshot, wasm } from '@colony/core';
import type { Input } from '../input/file.js';

const PROGRAMS: Readonly<Record<string, (file: string) => Program>> = {
  script: js.file,
  c: native.c,
  module: wasm,
  component,
  image: native.image,
};

export async function loadSubject(
  { file, kind }: Input,
  backend: string,
): Promise<{ program: Program } | { snapshot: Snapshot }> {
  const program = PROGRAMS[kind];
  return program === undefined ? { snapshot: await Snapshot.load(file, backend) } : { program: program(file) };
}
