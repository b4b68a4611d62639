/** Finds code that depends on the host's language or time zone. No context has either. */
import { showPlace } from '../../source/place.js';
import { memberName, type Node } from '../syntax/parse.js';
import type { Scopes } from '../syntax/scopes.js';
import { packageOf } from './places.js';
import type { Graph } from './units.js';

const LANGUAGE = /^(?:localeCompare|toLocale(?:String|DateString|TimeString|UpperCase|LowerCase))$/;
const ZONE = /^(?:[gs]et(?:FullYear|Month|Date|Hours|Minutes)|getDay|getTimezoneOffset|toDateString|toTimeString)$/;

const OF_LANGUAGE =
  'this depends on the language of the host, and a context has none: it compares by code points (`B` before `a`), and ' +
  'formats without separators. Do it in the host, or write the code out';
const OF_ZONE =
  'this counts in the time zone of the host, and in a context in UTC: use the methods of UTC, such as `getUTCHours`, or do ' +
  'it in the host';

/** Reports reached code only: the first place of each kind in each package, and in each file of the project. */
export function localityWarnings(scopes: Scopes, graph: Graph, virtine: string): string[] {
  const warnings = new Map<string, string>();
  for (const node of scopes.parents.keys()) {
    const text = localityOf(node, scopes);
    const unit = text === undefined ? undefined : graph.unitOf(node);
    const place = unit !== undefined && graph.reached.has(unit) ? (graph.placeOf(node) ?? unit.place) : undefined;
    if (place === undefined) continue;
    const key = `${packageOf(place.file) ?? place.file} ${text}`;
    if (!warnings.has(key)) warnings.set(key, `${showPlace(place)}: virtine \`${virtine}\`: ${text}`);
  }
  return [...warnings.values()];
}

/** Returns the warning for a call, by its method's name, or for a date in local time; undefined for other code. */
function localityOf(node: Node, scopes: Scopes): string | undefined {
  if (node.type === 'NewExpression') return isLocalDate(node, scopes) ? OF_ZONE : undefined;
  const call = node.type === 'MemberExpression' ? scopes.parents.get(node) : undefined;
  if (call?.type !== 'CallExpression' || call.callee !== node) return undefined;
  const name = memberName(node) ?? '';
  if (LANGUAGE.test(name)) return OF_LANGUAGE;
  return ZONE.test(name) ? OF_ZONE : undefined;
}

/** `new Date(2024, 0, 31)`. */
function isLocalDate({ callee, arguments: passed }: Extract<Node, { type: 'NewExpression' }>, scopes: Scopes): boolean {
  return (
    passed.length > 1 && callee.type === 'Identifier' && callee.name === 'Date' && scopes.meaningOf(callee) === 'global'
  );
}
