/**
 * All values that an expression can have, if they are known: both sides of a condition, every entry of a constant
 * table.
 */
import { bare, type Node } from '../syntax/parse.js';
import { type Constants, type Known, UNKNOWN } from './constants.js';

/** The start of a text; `whole`: there is no more of it. A number has a text, too, but adding to it may be a sum. */
type Text = { readonly text: string; readonly whole: boolean; readonly number?: number };

/** A template with more variants than this counts as unknown. */
const MOST = 1_000;

export function valuesOf(input: Node, constants: Constants): readonly Known[] | typeof UNKNOWN {
  const node = bare(input);
  const initial = initialOf(node, constants);
  if (initial === undefined) return valuesHere(node, constants);
  const values = constants.once(initial, () => valuesOf(initial, constants)) ?? UNKNOWN;
  // Objects may have other names, through which code changes them.
  return values === UNKNOWN || values.some((value) => typeof value === 'object' && value !== null) ? UNKNOWN : values;
}

/** Returns the initialiser of a variable that has one of several values. */
const initialOf = (node: Node, constants: Constants): Node | undefined =>
  constants.valueOf(node) === UNKNOWN ? constants.initialOf(node) : undefined;

function valuesHere(node: Node, constants: Constants): readonly Known[] | typeof UNKNOWN {
  if (node.type === 'ConditionalExpression') {
    const yes = valuesOf(node.consequent, constants);
    const no = valuesOf(node.alternate, constants);
    return yes === UNKNOWN || no === UNKNOWN || yes.length + no.length > MOST ? UNKNOWN : [...yes, ...no];
  }
  const value = constants.valueOf(node);
  if (value !== UNKNOWN) return [value];
  const prefixes =
    node.type === 'TemplateLiteral' || node.type === 'BinaryExpression' ? prefixesOf(node, constants) : [];
  if (prefixes.length > 0 && prefixes.every(({ whole }) => whole))
    return prefixes.map(({ text, number }) => number ?? text);
  return entriesOf(node, constants) ?? UNKNOWN;
}

/** Returns the entries of `TABLE[key]` for a table that nothing changes. The table may lack the key. */
function entriesOf(node: Node, constants: Constants): readonly Known[] | undefined {
  if (node.type !== 'MemberExpression' || !node.computed) return undefined;
  const table = constants.valueOf(node.object);
  if (table === UNKNOWN || typeof table !== 'object' || table === null) return undefined;
  const entries = Object.values(table) as Known[];
  return entries.length === 0 || entries.length > MOST ? undefined : [...entries, undefined];
}

/** Returns the texts that it may start with, as far as each is known; never empty. */
export function prefixesOf(input: Node, constants: Constants): readonly Text[] {
  const node = bare(input);
  const initial = initialOf(node, constants);
  if (initial !== undefined) return constants.once(initial, () => prefixesOf(initial, constants)) ?? [NOT_KNOWN];
  if (node.type === 'TemplateLiteral') {
    return node.quasis.reduce<readonly Text[]>((texts, { value }, index) => {
      const expression = node.expressions[index];
      const more = append(texts, [{ text: value.cooked ?? '', whole: true }]);
      return expression === undefined ? more : append(more, prefixesOf(expression, constants));
    }, EMPTY);
  }
  if (node.type === 'BinaryExpression' && node.operator === '+') {
    const left = prefixesOf(node.left, constants);
    return left.some(({ whole }) => whole) ? append(left, prefixesOf(node.right, constants)) : left;
  }
  if (node.type === 'ConditionalExpression') {
    const texts = [...prefixesOf(node.consequent, constants), ...prefixesOf(node.alternate, constants)];
    return texts.length > MOST ? [NOT_KNOWN] : texts;
  }
  const entries = entriesOf(node, constants);
  if (entries === undefined) return [startOf(node, constants)];
  // If the table lacks the key, the text is `undefined`, which names nothing.
  const known = entries.filter((entry) => entry !== undefined);
  return known.map((entry) => (typeof entry === 'string' ? { text: entry, whole: true } : NOT_KNOWN));
}

const EMPTY: readonly Text[] = [{ text: '', whole: true }];
const NOT_KNOWN: Text = { text: '', whole: false };

function startOf(node: Node, constants: Constants): Text {
  const value = constants.valueOf(node);
  return typeof value === 'number' ? numberText(value) : constants.prefixOf(node);
}

const numberText = (number: number): Text => ({ text: String(number), whole: true, number });

function append(texts: readonly Text[], more: readonly Text[]): readonly Text[] {
  if (texts.length * more.length > MOST)
    return texts.map(({ text, number }) => (number === undefined ? { text, whole: false } : NOT_KNOWN));
  return texts.flatMap((start) => (start.whole ? more.map((next) => plus(start, next)) : [start]));
}

/** `start + next`, which is a sum if both are numbers. */
function plus(start: Text, next: Text): Text {
  if (start.number === undefined) return { text: start.text + next.text, whole: next.whole };
  if (next.number !== undefined) return numberText(start.number + next.number);
  const isText = next.whole || next.text !== '';
  return isText ? { text: start.text + next.text, whole: next.whole } : NOT_KNOWN;
}
