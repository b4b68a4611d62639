/** Removes parts of a TypeScript virtine's program. */
import type { VirtineDescriptor } from '@colony/compiler/runtime';
import MagicString from 'magic-string';
import { type Node, parseSync } from 'oxc-parser';
import { walk } from 'oxc-walker';

export interface Part {
  /** `function find`, `method Money.times`, `constant RATE`, `statement for`. */
  readonly name: string;
  /** The program without the part; code that uses the part fails. */
  readonly less: string;
}

/** Descriptors in compiled modules: the compiler writes each as an object literal. */
export function descriptorsOf(code: string): VirtineDescriptor[] {
  return [...code.matchAll(/^function \w+_program\(\) \{ return \w+\.value \?\?= (.*); \}$/gm)].map(
    ([, literal]) => new Function(`return ${literal}`)() as VirtineDescriptor,
  );
}

const GONE = "throw new Error('taken out');";

export function partsOf(source: string): Part[] {
  const { program, errors } = parseSync('program.js', source);
  if (errors.length > 0) throw new Error(errors[0]!.message);
  const parts: Part[] = [];
  const add = (name: string, change: (text: MagicString) => unknown) => {
    const text = new MagicString(source);
    change(text);
    parts.push({ name, less: text.toString() });
  };
  for (const statement of program.body) addStatement(statement, source, add);
  walk(program, {
    enter(node, parent) {
      const name = nameOf(node, parent ?? undefined, source);
      if (name !== undefined) add(name, (text) => silence(text, node));
    },
  });
  return parts;
}

type Add = (name: string, change: (text: MagicString) => unknown) => void;

/** Declarations that are not functions, and statements that run at the start. */
function addStatement(node: Node, source: string, add: Add): void {
  if (/^(Import|Export)/.test(node.type) || node.type === 'FunctionDeclaration' || node.type === 'EmptyStatement')
    return;
  if (node.type === 'ClassDeclaration') {
    // The remaining class cannot be constructed, and has no members.
    add(`class ${node.id!.name}`, (text) =>
      text.overwrite(node.body.start, node.body.end, `{ constructor() { ${GONE} } }`),
    );
  } else if (node.type !== 'VariableDeclaration') {
    const start = source.slice(node.start, node.end).replace(/\s+/g, ' ').slice(0, 30);
    add(`statement ${start}`, (text) => text.overwrite(node.start, node.end, ';'));
  } else {
    for (const { id, init } of node.declarations) {
      if (init === null || isFunction(init)) continue;
      if (init.type === 'ClassExpression') {
        add(`class ${shown(id, source)}`, (text) =>
          text.overwrite(init.body.start, init.body.end, `{ constructor() { ${GONE} } }`),
        );
        continue;
      }
      add(`constant ${shown(id, source)}`, (text) => {
        text.overwrite(id.start, id.end, '__taken_out');
        text.overwrite(init.start, init.end, '0');
      });
    }
  }
}

const shown = (node: Node, source: string) => source.slice(node.start, node.end);
const isFunction = (
  node: Node | null | undefined,
): node is Extract<Node, { type: 'FunctionExpression' | 'ArrowFunctionExpression' }> =>
  node?.type === 'FunctionExpression' || node?.type === 'ArrowFunctionExpression';

/** Functions with a name or a place of their own; the others are values in one of those. */
function nameOf(node: Node, parent: Node | undefined, source: string): string | undefined {
  if (node.type === 'FunctionDeclaration') return `function ${node.id?.name}`;
  if (!isFunction(node)) return undefined;
  if (parent?.type === 'VariableDeclarator') return `function ${shown(parent.id, source)}`;
  if (parent?.type === 'MethodDefinition' || (parent?.type === 'Property' && parent.value === node))
    return `method ${shown(parent.key, source)}`;
  if (parent?.type === 'AssignmentExpression') return `function ${shown(parent.left, source)}`;
  return undefined;
}

function silence(text: MagicString, node: Node): void {
  if (!('body' in node) || node.body === null || Array.isArray(node.body)) return;
  text.overwrite(node.body.start, node.body.end, `{ ${GONE} }`);
}
