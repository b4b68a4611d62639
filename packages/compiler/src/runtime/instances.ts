/** Captured values that lose their class on the way: what crosses is a record of their public fields. */
import type { VirtineDescriptor } from './types.js';

const warned = new WeakSet<VirtineDescriptor>();

/** Once for each virtine; what the compiler knows of it has said already. */
export function warnOfInstances(descriptor: VirtineDescriptor, captured: readonly unknown[]): void {
  const index = captured.findIndex(isInstance);
  if (index === -1 || warned.has(descriptor)) return;
  warned.add(descriptor);
  const { name, where } = descriptor;
  const made = (captured[index] as object).constructor;
  const text =
    `${where}: virtine \`${name}\`: it captures \`${descriptor.captured[index]}\`, an object of the class ` +
    `\`${made.name}\`, of which only its public fields cross: no methods, no private fields`;
  process.emitWarning(text, 'ColonyWarning');
}

/** An object of a class of the program; those of the language cross as what they are. */
function isInstance(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const prototype = Object.getPrototypeOf(value) as object | null;
  if (prototype === null || prototype === Object.prototype) return false;
  return Object.prototype.toString.call(value) === '[object Object]' && typeof prototype.constructor === 'function';
}
