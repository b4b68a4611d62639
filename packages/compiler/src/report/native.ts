/** The additional parts of the report of a C virtine: the machine code, and the environment that runs it. */

/** The origin of code: the program, the code generated around it, Colony's runtime, or the C library. */
export type Origin = 'program' | 'glue' | 'runtime' | 'library';

export interface NativePart {
  readonly origin: Origin;
  /** Bytes in the image. */
  readonly bytes: number;
  /** Bytes of stack; absent if they depend on data. */
  readonly stack?: number;
  /** Instructions on vector registers; on floating-point numbers. */
  readonly vector?: true;
  readonly float?: true;
  readonly calls?: readonly string[];
  /** Possible targets of its calls through pointers: functions whose address is taken, with as many parameters. */
  readonly indirect?: readonly string[];
}

export interface OwnedPages {
  /** Text, constants, data. */
  readonly image: number;
  readonly stack: number;
  /** Present from the start. */
  readonly heap: number;
  readonly tables: number;
  /** The host's: TSS, scrubbing code. */
  readonly system: number;
  readonly total: number;
}

export interface ImageSizes {
  readonly imageBytes: number;
  readonly pages: OwnedPages;
  /** Bytes of all pages, page tables included. */
  readonly owned: number;
}

export interface NativeFacts {
  readonly stack: { readonly bytes: number; readonly given: number; readonly unbounded?: string };
  /** Functions of the C library. */
  readonly library: readonly string[];
  /** Functions with instructions on vector registers; on floating-point numbers. */
  readonly vector: readonly string[];
  readonly float: readonly string[];
  readonly heap: boolean;
  /** The largest request, in bytes, that is read in one step. */
  readonly smallRequest: number;
  /** Why the host still clears the vector registers. */
  readonly scrub: string;
  /** With the general image, and with its own. */
  readonly size: { readonly before: ImageSizes; readonly after: ImageSizes };
  /** SHA-256 of the images; `wasm32` and `process` only if they were built. */
  readonly images: Readonly<Record<string, string>>;
}

const pagesOf = ({ pages: { total, ...kinds }, imageBytes }: ImageSizes) =>
  `${total} (${Object.entries(kinds)
    .map(([name, count]) => `${name} ${count}`)
    .join(', ')}); ${imageBytes} bytes of image`;
const listed = (names: readonly string[]) => (names.length === 0 ? 'none' : names.join(', '));

/** For people: what there is, and how much. */
export function describeNative(facts: NativeFacts): (readonly [label: string, text: string])[] {
  const { stack, size } = facts;
  const bound = stack.unbounded ?? `at most ${stack.bytes} bytes`;
  return [
    ['stack', `${bound}; it has ${stack.given} bytes`],
    ['heap', facts.heap ? 'there is one' : 'none'],
    ['C library', listed(facts.library)],
    ['floating-point instructions', listed(facts.float)],
    ['vector instructions', listed(facts.vector)],
    ['vector registers', facts.scrub],
    ['pages', pagesOf(size.after)],
    ['pages, general image', pagesOf(size.before)],
    ...Object.entries(facts.images).map(([target, hash]) => [`image ${target}`, `sha256 ${hash}`] as const),
  ];
}

/** `37 bytes, 16 of stack, calls square, triple through pointers`. */
export function describePart({ bytes, stack, indirect = [], ...part }: NativePart): string {
  const facts = [`${bytes} bytes`];
  if (stack !== undefined) facts.push(`${stack} of stack`);
  if (part.float) facts.push('floating point');
  if (part.vector) facts.push('vectors');
  if (indirect.length > 0) facts.push(`through pointers to ${indirect.join(', ')}`);
  return facts.join(', ');
}
