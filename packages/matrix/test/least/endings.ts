/** Runs a program on its test inputs, and compares the results after a part was removed. */
import { isDeepStrictEqual } from 'node:util';
import { ColonyError } from '@colony/core';

/** The result of a call: its value, or its error as far as a caller can distinguish it from others. */
export type Ending = { readonly value: unknown } | { readonly code: string; readonly error: string };

async function ending(work: () => Promise<unknown>): Promise<Ending> {
  try {
    return { value: await work() };
  } catch (error) {
    if (!ColonyError.is(error)) throw error;
    const { guest } = error.details;
    return { code: error.code, error: guest === undefined ? error.message : `${guest.name}: ${guest.message}` };
  }
}

/** One way to run all inputs of a program's test; `dispose` comes after the last. */
export interface Running {
  readonly run: (input: number) => Promise<unknown>;
  readonly dispose: () => Promise<void>;
}

export interface Subject<Form> {
  readonly inputs: number;
  /** May throw a ColonyError: then every input fails. */
  readonly start: (form: Form) => Promise<Running>;
}

/** The endings of the unchanged program. */
export async function expectedEndings<Form>(subject: Subject<Form>, whole: Form): Promise<Ending[]> {
  const running = await subject.start(whole);
  const endings: Ending[] = [];
  for (let i = 0; i < subject.inputs; i++) endings.push(await ending(() => running.run(i)));
  await running.dispose();
  return endings;
}

/** The first ending that differs without the part; undefined if none differs. */
export async function missed<Form>(
  subject: Subject<Form>,
  form: Form,
  expected: readonly Ending[],
): Promise<Ending | undefined> {
  let running: Running | undefined;
  const made = await ending(async () => {
    running = await subject.start(form);
  });
  if (running === undefined) return made;
  try {
    for (const [i, before] of expected.entries()) {
      const after = await ending(() => running!.run(i));
      if (!isDeepStrictEqual(after, before)) return after;
    }
    return undefined;
  } finally {
    await running.dispose();
  }
}
