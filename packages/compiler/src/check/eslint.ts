/**
 * A rule for ESLint 9 and later. It reports a directive that nothing in the project compiles, and one that the compiler
 * would refuse.
 *
 * ```js
 * import colony from '@colony/compiler/eslint';
 * export default [colony.configs.recommended];
 * ```
 */
import { DIRECTIVE, isDirective } from '../ts/syntax/mark.js';
import { knownCompilingOf } from './compiling.js';

interface Node {
  readonly type: string;
  readonly parent?: Node | null;
  readonly directive?: string;
  readonly async?: boolean;
  readonly generator?: boolean;
  readonly method?: boolean;
  readonly kind?: string;
  readonly expression?: unknown;
}

interface Context {
  readonly filename: string;
  report(problem: { node: unknown; messageId: string }): void;
}

const messages = {
  uncompiled: `Nothing in this project compiles '${DIRECTIVE}': the function would run unisolated. Add Colony's plugin to the bundler, or start Node with --import @colony/compiler/register.`,
  outside: `'${DIRECTIVE}' is outside of a function: put it into each function.`,
  first: `'${DIRECTIVE}' has no effect here: make it the first statement of the function.`,
  method: `'${DIRECTIVE}' is in a method: move the body to a function, and call that.`,
  generator: `'${DIRECTIVE}' is in a generator: return an array, or a promise of one.`,
  async: `'${DIRECTIVE}' is in a function that is not async: write async before it.`,
};

/** Returns the message of the compiler's refusal, or `undefined`. */
function misplaced(node: Node): keyof typeof messages | undefined {
  const around = functionAround(node);
  if (around === undefined) return 'outside';
  if (node.directive !== DIRECTIVE || node.parent?.parent !== around) return 'first';
  const holder = around.parent;
  const isMethod =
    holder?.type === 'MethodDefinition' || (holder?.type === 'Property' && (holder.method || holder.kind !== 'init'));
  if (isMethod) return 'method';
  if (around.generator === true) return 'generator';
  return around.async === true ? undefined : 'async';
}

function functionAround(node: Node): Node | undefined {
  for (let at = node.parent; at != null; at = at.parent)
    if (/^(?:Function(?:Declaration|Expression)|ArrowFunctionExpression)$/.test(at.type)) return at;
  return undefined;
}

const rule = {
  meta: {
    type: 'problem',
    docs: { description: `find functions with '${DIRECTIVE}' that nothing compiles` },
    schema: [],
    messages,
  },
  create(context: Context) {
    return {
      ExpressionStatement(node: Node) {
        if (!isDirective(node)) return;
        const messageId = knownCompilingOf(context.filename) === undefined ? 'uncompiled' : misplaced(node);
        if (messageId !== undefined) context.report({ node, messageId });
      },
    };
  },
} as const;

const NAME = 'no-uncompiled-directive';
const plugin = { meta: { name: '@colony/compiler' }, rules: { [NAME]: rule } };

export default {
  ...plugin,
  configs: { recommended: { name: 'colony', plugins: { colony: plugin }, rules: { [`colony/${NAME}`]: 'error' } } },
} as const;
