/** Warns of captured values that lose something when they cross to a context. */
import type { VirtineDescriptor } from './types.js';

const warned = new WeakSet<VirtineDescriptor>();
/** Values that were checked before, because a captured value is passed with every call. */
const known = new WeakSet<object>();

/** Built-in classes whose objects keep their class. Errors cross, whatever their class. */
const CROSSING =
  /^(?:Array|ArrayBuffer|Big(?:Int|Uint)64Array|DataView|Date|Error|Float(?:32|64)Array|Int(?:8|16|32)Array|Map|Object|RegExp|Set|Uint(?:8|16|32)Array|Uint8ClampedArray|Boolean|Number|String|BigInt)$/;

/** Warns once for each virtine. The compiler has already warned of what it can know. */
export function warnOfLosses(descriptor: VirtineDescriptor, captured: readonly unknown[]): void {
  if (warned.has(descriptor)) return;
  for (const [index, value] of captured.entries()) {
    if (typeof value !== 'object' || value === null || known.has(value)) continue;
    known.add(value);
    const lost = whatIsLost(value);
    if (lost === undefined) continue;
    warned.add(descriptor);
    const { name, where } = descriptor;
    const text = `${where}: virtine \`${name}\`: it captures \`${descriptor.captured[index]}\`, ${lost}`;
    process.emitWarning(text, 'ColonyWarning');
    return;
  }
}

function whatIsLost(value: object): string | undefined {
  const prototype = Object.getPrototypeOf(value) as object | null;
  if (prototype === null) return 'an object without a prototype, which gets one';
  // Compare the tag: an object of another realm has other classes of the same names.
  const tag = Object.prototype.toString.call(value).slice('[object '.length, -1);
  if (tag === 'Error') return undefined;
  const made = prototype.constructor;
  if (typeof made === 'function' && (made.name !== tag || !CROSSING.test(tag))) return classOf(made.name, value);
  if (Object.getOwnPropertySymbols(value).length > 0) return 'whose properties named by symbols do not cross';
  if (Array.isArray(value) && Object.keys(value).length > value.length)
    return 'an array with own properties, which do not cross';
  if (value instanceof RegExp && value.lastIndex !== 0) return 'a pattern whose `lastIndex` does not cross';
  return undefined;
}

function classOf(name: string, value: object): string {
  if (ArrayBuffer.isView(value))
    return `an object of the class \`${name}\`, of which only its bytes cross: no methods of its class`;
  return `an object of the class \`${name}\`, of which only its public fields cross: no methods, no private fields`;
}
