/** An empty function, in each language on each backend, called by `call`. */
import { type Context, createContext, js, type Program } from '@colony/core';
import { BACKENDS, type BackendName, type Language, nameOf } from '../cells.js';
import { cProgram, PATIENT, tag } from '../contexts.js';
import { shared } from './once.js';

export interface Cell {
  readonly name: string;
  readonly backend: BackendName;
  readonly language: Language;
  readonly what: string;
}

export const CELLS: readonly Cell[] = BACKENDS.flatMap((backend) =>
  (['js', 'c'] as const).map((language) => ({
    ...{ name: `${backend}.${language}`, backend, language },
    what: nameOf(backend, language),
  })),
);

const programOf = (language: Language): Program =>
  language === 'c' ? cProgram('null.c', tag('under load')) : js`export function nothing() {} // under load`;

/** Contexts by backend and language, each made on first use. */
export class OpenCells {
  readonly #contexts = new Map<string, () => Promise<Context>>();
  readonly #made: Context[] = [];

  context(cell: Cell): Promise<Context> {
    let make = this.#contexts.get(cell.name);
    if (make === undefined) {
      make = shared(() => this.#make(cell));
      this.#contexts.set(cell.name, make);
    }
    return make();
  }

  async #make({ backend, language }: Cell): Promise<Context> {
    const context = await createContext({ backend, program: programOf(language), policy: { limits: PATIENT } });
    this.#made.push(context);
    return context;
  }

  async close(): Promise<void> {
    await Promise.all(this.#made.map((context) => context.dispose()));
  }
}
