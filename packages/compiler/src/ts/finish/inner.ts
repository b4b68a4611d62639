/**
 * Handles virtines in the program of another one. They would run under its policy and limits, so they must not run: a
 * call chain that reaches one is refused, and unreached ones throw.
 */
import type { Refusal } from '../../refusals/refusal.js';
import type { Step } from '../../source/chain.js';
import { type Graph, reachedReferences } from '../facts/units.js';
import { isDirective } from '../syntax/mark.js';
import { isFunction, type Node } from '../syntax/parse.js';
import { closest, type Scopes, within } from '../syntax/scopes.js';
import { isVirtineCall } from '../virtines/find.js';

type Call = Extract<Node, { type: 'CallExpression' }>;

export interface InnerVirtines {
  /** The directives of other virtines; the slicer has removed the program's own. */
  readonly directives: readonly Node[];
  /** Calls of `virtine` by its name. */
  readonly calls: readonly Call[];
}

/** Finds the outermost ones: a virtine inside one that does not run does not run either. */
export function findInner(scopes: Scopes): InnerVirtines {
  const all = scopes.special.filter(
    (node): node is Call => node.type === 'CallExpression' && isVirtineCall(node, scopes),
  );
  const isHidden = (node: Node) => all.some((call) => call.arguments.some((argument) => within(node, argument)));
  const directives = scopes.special.filter((node) => isDirective(node) && !isHidden(node));
  return { directives, calls: all.filter((call) => !isHidden(call)) };
}

/**
 * Leaves out the program's own virtine. A module that it needs may import the virtine's file back, with a second copy
 * of its source: that is the same virtine, under the same policy.
 */
export function withoutOwn(inner: InnerVirtines, own: Step, scopes: Scopes, graph: Graph): InnerVirtines {
  const isOwn = (directive: Node) => {
    const around = closest(directive, scopes.parents, isFunction);
    if (around === undefined || !('id' in around) || around.id?.name !== own.name) return false;
    const place = graph.placeOf(around);
    return place?.file === own.file && place.line === own.line;
  };
  return { ...inner, directives: inner.directives.filter((directive) => !isOwn(directive)) };
}

/** The arguments of `virtine()`, which do not run in this program. */
export const hiddenIn = ({ calls }: InnerVirtines): Node[] => calls.flatMap((call) => call.arguments as Node[]);

/** Refuses each inner virtine that is reached, with the first chain that leads to it. */
export function refuseInner(virtine: string, inner: InnerVirtines, scopes: Scopes, graph: Graph): Refusal[] {
  const refusals: Refusal[] = [];
  const refuse = (subject: string, chain: readonly Step[]) => {
    const { file, line, column } = chain[chain.length - 1]!;
    const message = `it uses the virtine \`${subject}\`, which would run in its context, under its policy and limits`;
    const advice =
      'call the virtine in the host, and pass the result as an argument; or move what both need into a function that is ' +
      'no virtine, and call that';
    refusals.push({ rule: 'inner-virtine', virtine, subject, message, advice, chain, file, line, column });
  };
  const used = new Map(inner.calls.flatMap((call) => holderOf(call, scopes)));
  const seen = new Set<Node>();
  for (const { reference, reached } of reachedReferences(scopes, graph)) {
    const { binding, node } = reference;
    const name = binding === undefined ? undefined : used.get(binding.node);
    if (name === undefined || seen.has(binding!.node) || graph.unitOf(binding!.node) === reached.unit) continue;
    const place = graph.placeOf(node);
    if (place === undefined) continue;
    seen.add(binding!.node);
    refuse(name, [...reached.chain, { name, ...place }]);
  }
  for (const node of [...inner.directives, ...inner.calls.filter((call) => isInFunction(call, scopes))]) {
    const unit = graph.unitOf(node);
    const reached = unit === undefined ? undefined : graph.reached.get(unit);
    if (reached === undefined) continue;
    const place = graph.placeOf(node) ?? unit!.place ?? reached.chain[0]!;
    const around = closest(node, scopes.parents, isFunction);
    const name = (around !== undefined && 'id' in around && around.id?.name) || unit!.name;
    const { file, line, column } = place;
    refuse(name, name === unit!.name ? reached.chain : [...reached.chain, { name, file, line, column }]);
  }
  return refusals;
}

const isInFunction = (node: Node, scopes: Scopes) => closest(node, scopes.parents, isFunction) !== undefined;

/** The declaration at the top level that holds the result of `virtine()`, and its name. */
function holderOf(call: Call, scopes: Scopes): [Node, string][] {
  if (isInFunction(call, scopes)) return [];
  const declarator = closest(call, scopes.parents, (node): node is Node => node.type === 'VariableDeclarator');
  if (declarator?.type !== 'VariableDeclarator' || declarator.id.type !== 'Identifier') return [];
  return [[declarator.id, declarator.id.name]];
}
