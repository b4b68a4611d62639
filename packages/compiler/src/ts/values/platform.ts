/** Members of a guest's global object, and members that only hosts have. */
import { builtinModules } from 'node:module';

/** Globals of the JavaScript guest on every backend; a test compares the list with the real ones. */
export const GUEST_GLOBALS: ReadonlySet<string> = new Set(
  `AggregateError Array ArrayBuffer BigInt BigInt64Array BigUint64Array Boolean DataView Date Error EvalError
  FinalizationRegistry Float32Array Float64Array Function Infinity Int16Array Int32Array Int8Array JSON Map Math NaN Number
  Object Promise Proxy RangeError ReferenceError Reflect RegExp Set String Symbol SyntaxError TextDecoder TextEncoder TypeError
  URIError Uint16Array Uint32Array Uint8Array Uint8ClampedArray WeakMap WeakRef WeakSet colony console crypto decodeURI
  decodeURIComponent encodeURI encodeURIComponent escape eval fetch globalThis host isFinite isNaN parseFloat parseInt performance
  queueMicrotask structuredClone undefined unescape`.split(/\s+/),
);

/**
 * Members that the guest has, for objects of which hosts have more members. The same test compares them with the real
 * ones.
 */
export const GUEST_MEMBERS: Readonly<Record<string, ReadonlySet<string>>> = {
  console: new Set(['log', 'info', 'warn', 'error', 'debug']),
  crypto: new Set(['getRandomValues', 'randomUUID']),
  performance: new Set(['now']),
};

/** True for `crypto.subtle` and `performance.mark`. */
export const lacksMember = (object: string, key: string): boolean =>
  Object.hasOwn(GUEST_MEMBERS, object) && !GUEST_MEMBERS[object]!.has(key) && !(key in {});

/** Globals that reveal host state if a module reads them while it is evaluated. */
const HOST_STATE: ReadonlySet<string> = new Set(
  `process Buffer require module exports __dirname __filename global window self document navigator location globalThis
  performance crypto fetch setTimeout setInterval setImmediate localStorage sessionStorage host colony`.split(/\s+/),
);

export const isHostState = (name: string): boolean => HOST_STATE.has(name) || !GUEST_GLOBALS.has(name);

const BUILTINS: ReadonlySet<string> = new Set(builtinModules);

/** True for `fs`, `node:fs` and `fs/promises`. */
export function isNodeBuiltin(specifier: string): boolean {
  return specifier.startsWith('node:') || BUILTINS.has(specifier);
}

/** Matches the names that `isNodeBuiltin` accepts: for esbuild, whose filters run outside of JavaScript. */
export const BUILTIN_FILTER = new RegExp(
  `^(?:node:.*|${builtinModules.map((name) => name.replace(/[/]/g, '\\/')).join('|')})$`,
);

export const isAddon = (specifier: string): boolean => /\.node$/.test(specifier);

/** Methods that change the object they are called on. */
export const CHANGING: ReadonlySet<string> = new Set(
  'push pop shift unshift splice sort reverse fill copyWithin set add delete clear'.split(' '),
);

/** Methods of `Object` and `Reflect` that change their first argument. */
export const CHANGING_STATICS = /^(?:assign|defineProperty|defineProperties|setPrototypeOf|set|deleteProperty)$/;

/** Methods that call their callback before they return. */
export const RUNS_CALLBACKS: ReadonlySet<string> = new Set(
  `forEach map filter reduce reduceRight some every find findIndex findLast findLastIndex flatMap sort toSorted from replace
  replaceAll fromAsync groupBy`.split(/\s+/),
);

/** Methods of the language's own objects that change nothing. */
export const READING: ReadonlySet<string> = new Set(
  `at concat entries every filter find findIndex findLast findLastIndex flat flatMap forEach get has hasOwnProperty includes indexOf join
  keys lastIndexOf map reduce reduceRight slice some toJSON toLocaleString toReversed toSorted toSpliced toString values
  valueOf with`.split(/\s+/),
);

const READING_STATICS: ReadonlyMap<string, RegExp> = new Map([
  [
    'Object',
    /^(?:keys|values|entries|freeze|isFrozen|is|hasOwn|getPrototypeOf|getOwnPropertyNames|fromEntries|create)?$/,
  ],
  ['Array', /^(?:isArray|from|of)$/],
  ['JSON', /^/],
  ['Math', /^/],
  ['Number', /^/],
  ['console', /^/],
  ['Reflect', /^(?:get|has|ownKeys|getPrototypeOf)$/],
]);
const READING_FUNCTIONS =
  /^(?:String|Boolean|BigInt|Map|Set|Date|RegExp|Error|structuredClone|isNaN|isFinite|parseInt|parseFloat|.*Array)$/;

/** True for functions of the language that do not change their arguments: `JSON.stringify`, `new Map`. */
export function readsArguments(root: string, method: string): boolean {
  return READING_STATICS.get(root)?.test(method) ?? READING_FUNCTIONS.test(root);
}

/** True for those of them whose result contains parts of their arguments. */
export const holdsArguments = (root: string, method: string): boolean =>
  /^(?:values|entries|freeze|fromEntries|create|from|of|get)$/.test(method) || /^(?:Map|Set|Array)$/.test(root);
