/** The module that callers import: a function for each virtine, and the enums of C. */

import type { VirtineFunction } from '../source/signature.js';
import { comment, declarations } from './declarations.js';
import { exported, namedTypes, TypeNames } from './names.js';

export interface Bindings {
  /** Contains the program. */
  readonly js: string;
  /** Reads the program from `NAME.colony` beside it. */
  readonly linked: string;
  readonly dts: string;
}

/** @throws ColonyError ERR_COMPILE for a name that the module needs itself. */
export function bindingsFor(virtines: readonly VirtineFunction[], program: Uint8Array, name: string): Bindings {
  const inline = `Buffer.from(${JSON.stringify(Buffer.from(program).toString('base64'))}, 'base64')`;
  const file = `new URL(${JSON.stringify(`./${name}.colony`)}, import.meta.url)`;
  return { js: javascript(virtines, inline), linked: javascript(virtines, file), dts: declarations(virtines) };
}

/** Without brackets, the key `__proto__` would set the prototype. */
const keyOf = (name: string) => (name === '__proto__' ? "['__proto__']" : name);

/** @param source the expression that evaluates to the program */
function javascript(virtines: readonly VirtineFunction[], source: string): string {
  const lines = [
    "import { bindC as __colony_bind } from '@colony/compiler/c/runtime';",
    `const __colony_program = __colony_bind(${source});`,
    'export const configure = __colony_program.configure;',
    'export const dispose = __colony_program.dispose;',
  ];
  for (const { name, doc } of virtines)
    lines.push(
      `${comment(doc)}${exported(name, (local) => `const ${local} = __colony_program.bind(${JSON.stringify(name)});`)}`,
    );
  const names = new TypeNames(virtines);
  const enums = new Map(namedTypes(virtines).map((type) => [names.of(type), type]));
  for (const [name, type] of enums) {
    if (type.kind !== 'enum') continue;
    const entries = type.members.map((member) => `${keyOf(member.name)}: ${member.value}`);
    lines.push(`export const ${name} = Object.freeze({ ${entries.join(', ')} });`);
  }
  return `${lines.join('\n')}\n`;
}
