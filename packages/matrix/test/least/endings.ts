/** What a program does on the inputs of its test, and whether it still does it when something was taken away. */
import { isDeepStrictEqual } from 'node:util';
import { ColonyError } from '@colony/core';

/** What a call came to: its value, or its error as far as a caller can tell it from another. */
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
  /** May throw a ColonyError: then no input works. */
  readonly start: (form: Form) => Promise<Running>;
}

/** Of the program as it was made. */
export async function expectedEndings<Form>(subject: Subject<Form>, whole: Form): Promise<Ending[]> {
  const running = await subject.start(whole);
  const endings: Ending[] = [];
  for (let i = 0; i < subject.inputs; i++) endings.push(await ending(() => running.run(i)));
  await running.dispose();
  return endings;
}

/** The first ending that is another one without it; undefined where nothing tells that it is gone. */
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
