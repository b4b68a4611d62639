/** Capabilities that are granted as a whole: `console: true`, `clock: { fixed: 0 }`. */
import { isDeepStrictEqual } from 'node:util';
import type { OptionReader } from '../options/option-reader.js';
import type { AnyUse, BuiltIn, Section } from './section.js';

export interface PlainUse<Key extends string> extends AnyUse {
  readonly kind: Key;
}

/** `Fixed` is an object that grants the capability with a value that the policy fixes. */
interface PlainOptions<Key extends string, Fixed> {
  readonly key: Key;
  readonly advice: string;
  readonly globals: readonly string[];
  /** Reads a value written in place of a boolean. Without it, only a boolean is valid. */
  readonly readFixed?: (written: unknown, reader: OptionReader, path: string) => Fixed;
  readonly hypercalls: Readonly<Record<string, Serve<Fixed>>>;
}

/** `fixed` is the value of the first layer that fixes one. */
type Serve<Fixed> = BuiltIn<boolean | Fixed, Fixed | undefined>['serve'];

type PlainSection<Key extends string, Fixed> = Section<Key, boolean | Fixed, true, PlainUse<Key>, Fixed | undefined>;

export function plainSection<const Key extends string, Fixed extends object = never>(
  options: PlainOptions<Key, Fixed>,
): PlainSection<Key, Fixed> {
  const { key, advice, globals, readFixed, hypercalls } = options;
  const isObject = (granted: boolean | Fixed | undefined): granted is Fixed => typeof granted === 'object';
  const firstFixed = (layers: readonly (boolean | Fixed | undefined)[]) => layers.find(isObject);
  return {
    key,
    grants: [key],
    denied: false,
    read: (written, reader, path) =>
      readFixed === undefined || typeof written === 'boolean'
        ? reader.boolean(written, path)
        : readFixed(written, reader, path),
    grantsAny: (granted) => granted !== false,
    prepare: firstFixed,
    hypercalls: Object.fromEntries(
      Object.entries(hypercalls).map(([name, serve]) => [name, { grant: key, advice, serve }]),
    ),
    globals,
    grantOf: () => key,
    refusal: (granted) => (granted === false ? `the policy has no ${key}` : undefined),
    unused: (granted, { known }) => (granted === false || known.length > 0 ? [] : [key]),
    least: (uses) => (uses.length > 0 ? true : undefined),
    increases(before, after) {
      const isWithin = before === true || after === false || isDeepStrictEqual(before, after);
      return isWithin ? [] : [{ grant: key, what: key }];
    },
    // The first layer that fixes a value decides it, so the order of the layers matters.
    jointIncreases(before, after) {
      const [was, is] = [firstFixed(before), firstFixed(after)];
      const isSame = was === undefined || isDeepStrictEqual(was, is) || after.includes(false);
      return isSame ? [] : [{ grant: key, what: key }];
    },
  };
}
