/** Virtine functions of a file, and the way in which each of their parameters crosses. */
import { annotationsOf, type Doc, docOf, type Node, placeOf, type Unit } from './ast.js';
import { parseOptions, type VirtineOptions } from './options.js';
import { type CType, checkUntagged, countersOf, every, refuse, sizingsOf, Types } from './types.js';

export interface Parameter {
  readonly name: string;
  readonly type: CType;
  /** True if the caller passes it. Lengths of inputs are implied, and outputs are returned. */
  readonly passed: boolean;
  /** The type as C spells it. */
  readonly c: string;
}

export interface VirtineFunction {
  readonly name: string;
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly parameters: readonly Parameter[];
  readonly result: CType;
  readonly resultC: string;
  readonly options: VirtineOptions;
  readonly doc?: Doc;
}

/** @throws ColonyError ERR_COMPILE for a type that cannot cross. */
export function virtinesOf(unit: Unit): VirtineFunction[] {
  let types: Types | undefined;
  const marked = unit.declarations.filter((node) => node.kind === 'FunctionDecl' && isVirtine(node) && hasBody(node));
  return every(marked, (node) => {
    types ??= new Types(unit);
    return functionOf(node, types);
  });
}

const isVirtine = (node: Node) => annotationsOf(node).some(([word]) => word === 'virtine');
const hasBody = (node: Node) => node.inner?.some(({ kind }) => kind === 'CompoundStmt') === true;

function functionOf(node: Node, types: Types): VirtineFunction {
  const name = node.name ?? '';
  const place = placeOf(node);
  const at = node.loc?.expansionLoc ?? node.loc;
  const where = `${place}: ${name}`;
  if (node.variadic === true)
    refuse(where, 'takes any number of arguments (...): the parameters of a virtine must be declared');
  const nodes = (node.inner ?? []).filter(({ kind }) => kind === 'ParmVarDecl');
  const parameters = readParameters(nodes, types, name);
  const resultC = resultOf(node.type?.qualType ?? '');
  const options = annotationsOf(node).find(([word]) => word === 'options')?.[1];
  const doc = docOf(node);
  return {
    name,
    file: at?.file ?? '',
    line: at?.line ?? 0,
    column: at?.col ?? 1,
    parameters: markPassed(parameters, place, name),
    result: readResult(resultC, types, where),
    resultC,
    options: parseOptions(options ?? '', where),
    ...(doc && { doc }),
  };
}

const resultOf = (spelling: string) => spelling.slice(0, spelling.lastIndexOf('(', spelling.length)).trim();

function readResult(spelling: string, types: Types, where: string): CType {
  const what = `${where}: its result`;
  const type = types.crossing(
    spelling,
    { of: 'parameter', name: 'result', annotations: [], counters: new Set() },
    what.replace(/$/, ''),
  );
  return type;
}

function readParameters(nodes: readonly Node[], types: Types, owner: string): Omit<Parameter, 'passed'>[] {
  const counters = countersOf(nodes);
  return every([...nodes.entries()], ([i, node]) => {
    const name = node.name ?? `argument_${i + 1}`;
    const where = `${placeOf(node)}: the parameter ${name} of ${owner}`;
    checkUntagged(node, where);
    const c = node.type?.qualType ?? '';
    const type = types.crossing(c, { of: 'parameter', name, annotations: sizingsOf(node), counters }, where);
    return { name, type, c };
  });
}

/** Marks the parameters that a caller passes, and checks those that count buffers. */
function markPassed(parameters: readonly Omit<Parameter, 'passed'>[], place: string, owner: string): Parameter[] {
  const known = new Set<string>();
  for (const { name, type } of parameters) {
    if (type.kind !== 'buffer') continue;
    const { length, used, direction } = type.sizing;
    const where = `${place}: the parameter ${name} of ${owner}`;
    for (const counter of [length, used]) {
      if (counter === undefined || counter === 'result' || 'constant' in counter) continue;
      checkCounter(parameters, counter, where);
    }
    if (direction !== 'out' && 'name' in length) known.add(length.name);
  }
  return parameters.map((parameter) => ({ ...parameter, passed: isPassed(parameter, known, parameters) }));
}

function checkCounter(
  parameters: readonly Omit<Parameter, 'passed'>[],
  counter: { readonly name: string; readonly pointer: boolean },
  where: string,
): void {
  const parameter = parameters.find(({ name }) => name === counter.name);
  if (parameter === undefined) refuse(where, `names ${counter.name} as its counter, but there is no such parameter`);
  const wanted = counter.pointer ? 'counter' : 'integer';
  if (parameter.type.kind !== wanted)
    refuse(
      where,
      `names ${counter.pointer ? '*' : ''}${counter.name} as its counter, which is not ${counter.pointer ? 'a pointer to an integer' : 'an integer'}`,
    );
}

function isPassed(
  { name, type }: Omit<Parameter, 'passed'>,
  known: ReadonlySet<string>,
  parameters: readonly Omit<Parameter, 'passed'>[],
): boolean {
  if (type.kind === 'buffer') return type.sizing.direction !== 'out';
  if (type.kind === 'counter') {
    const counts = parameters.some(
      ({ type: other }) =>
        other.kind === 'buffer' && 'name' in other.sizing.length && other.sizing.length.name === name,
    );
    return counts && !known.has(name);
  }
  return !known.has(name);
}

/** Parameters that are returned beside the result. */
export const outputsOf = (virtine: VirtineFunction): Parameter[] =>
  virtine.parameters.filter(({ type }) => type.kind === 'buffer' && type.sizing.direction !== 'in');
