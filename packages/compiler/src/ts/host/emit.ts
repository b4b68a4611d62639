/** Writes the host's half of a module: replaces virtines by calls into their contexts. */
import MagicString from 'magic-string';
import { jsonOf } from '../../policy/json.js';
import type { VirtineDescriptor } from '../../runtime/types.js';
import { RUNTIME } from '../syntax/mark.js';
import { isFunction, type Node, type Parsed } from '../syntax/parse.js';
import type { VirtineSite } from '../virtines/find.js';

export interface Emitted {
  readonly code: string;
  readonly map: string;
}

export interface Compiled {
  readonly site: VirtineSite;
  readonly descriptor: VirtineDescriptor;
}

export function emitModule(parsed: Parsed, compiled: readonly Compiled[]): Emitted {
  const text = new MagicString(parsed.text, { filename: parsed.lines.file });
  // A virtine inside another one is replaced with it.
  const kept = compiled.filter(({ site }) => !compiled.some((other) => encloses(other.site, site)));
  const wrap = kept.some(({ site }) => site.call !== undefined) ? ', wrapIsolated as __colony_wrap' : '';
  const tail = [`import { Isolated as __colony_Isolated${wrap} } from '${RUNTIME}';`];
  kept.forEach(({ site, descriptor }, index) => {
    const name = `__colony_virtine${index}`;
    // Function declarations are hoisted, like the functions that they replace.
    tail.push(`function ${name}_program() { return ${name}_program.value ??= ${literal(descriptor)}; }`);
    tail.push(`function ${name}() { return ${name}.value ??= new __colony_Isolated(${name}_program()); }`);
    const values = `[${descriptor.captured.join(', ')}]`;
    if (site.call !== undefined) replaceCall(text, parsed, site, name, values);
    else replaceFunction(text, site.target, `${name}().run(__colony_args, ${values})`);
  });
  text.append(`\n${tail.join('\n')}\n`);
  const map = text.generateMap({ hires: 'boundary', source: parsed.lines.file, includeContent: true });
  return { code: text.toString(), map: map.toString() };
}

const encloses = (outer: VirtineSite, inner: VirtineSite) =>
  outer !== inner && inner.target.start >= outer.target.start && inner.target.end <= outer.target.end;

/** The descriptor as an expression. The program is a string in it, which the host does not parse. */
function literal(descriptor: VirtineDescriptor): string {
  const safe = (value: unknown) =>
    jsonOf(value).replace(/[\u2028\u2029]/g, (separator) => `\\u${separator.charCodeAt(0).toString(16)}`);
  const { policy, ...rest } = descriptor;
  const base = descriptor.shipped === undefined ? '' : ', base: import.meta.url';
  return `{ ...${safe(rest)}, policy: ${safe(policy)}${base} }`;
}

function replaceCall(
  text: MagicString,
  parsed: Parsed,
  { call, options }: VirtineSite,
  name: string,
  values: string,
): void {
  const written = options === undefined ? '' : parsed.text.slice(options.start, options.end);
  const isolated = options === undefined ? `${name}()` : `new __colony_Isolated(${name}_program(), ${written})`;
  text.overwrite(call!.start, call!.end, `__colony_wrap(${isolated}, () => ${values})`);
}

/**
 * Keeps name and place. Passes all arguments on, because the guest applies defaults and patterns of the parameters.
 * Writes no types, because an earlier plugin of the bundler may have stripped the file's own.
 */
function replaceFunction(text: MagicString, node: Node, call: string): void {
  if (!isFunction(node)) return;
  if (node.type === 'ArrowFunctionExpression') {
    text.overwrite(node.start, node.end, `async (...__colony_args) => await ${call}`);
    return;
  }
  const name = node.id === null ? '' : ` ${node.id.name}`;
  text.overwrite(node.start, node.end, `async function${name}(...__colony_args) { return await ${call}; }`);
}
