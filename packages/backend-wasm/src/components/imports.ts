/** A component's imports other than WASI: each is a hypercall of its name, whose reply is checked. */
import type { GuestErrorInfo } from '@colony/core';
import { type Ask, HostFailure } from './ask.js';
import { CutShort, ErrorCase } from './failures.js';
import type { Meter } from './meter.js';
import { type Check, type Checks, Mismatch } from './wit/check.js';
import { type CallNames, camel, withoutVersion } from './wit/names.js';
import { resolved, type TypeIndex, type ValueType, type World, type WorldFunction } from './wit/types.js';

/** Converts the host's reply to one import. */
interface Answer {
  /** The value for the glue. @throws Mismatch */
  readonly value: (reply: unknown) => unknown;
  /** Returns `undefined` if no error case fits. */
  readonly failure: (info: GuestErrorInfo) => ErrorCase | undefined;
}

export interface Import {
  /** The object, and its property, in which the glue looks for it. */
  readonly owner: string;
  readonly property: string;
  /** The hypercall's name. */
  readonly name: string;
  readonly answer: Answer;
}

const nothing: Check = () => undefined;

export function bindImport(world: World, item: WorldFunction, { name }: CallNames, checks: Checks): Import {
  const place =
    item.owner === undefined
      ? { owner: item.name, property: 'default' }
      : { owner: withoutVersion(item.owner), property: camel(item.name) };
  const type = item.result === null ? undefined : resolved(world, item.result);
  if (type?.kind === 'result') return { ...place, name, answer: resultAnswer(world, type, checks) };
  const value = item.result === null ? nothing : checks.of(item.result);
  return { ...place, name, answer: { value, failure: () => undefined } };
}

/**
 * A `result`: the host function returns the value of `ok` or throws the value of `err`. It returns a value that cannot
 * cross as an exception (an object) as `{ tag: 'err', val }`, unless `ok` could have that value, too.
 */
function resultAnswer(
  world: World,
  { ok, err }: { readonly ok: TypeIndex | null; readonly err: TypeIndex | null },
  checks: Checks,
): Answer {
  const value = ok === null ? nothing : checks.of(ok);
  const error = err === null ? nothing : checks.of(err);
  const tagged = ok !== null && hasTag(resolved(world, ok));
  const failure = (info: GuestErrorInfo) => {
    for (const candidate of Object.hasOwn(info, 'value') ? [info.value] : [info.code, info.message]) {
      const fitting = attempt(error, candidate);
      if (fitting !== undefined) return fitting;
    }
    return undefined;
  };
  return {
    failure: err !== null && resolved(world, err).kind === 'string' ? ({ message }) => new ErrorCase(message) : failure,
    value(reply) {
      if (!tagged && isErrorCase(reply)) throw new ErrorCase(error(reply.val));
      return value(reply);
    },
  };
}

/** Could its values be taken for an error case? */
function hasTag(type: ValueType): boolean {
  if (type.kind === 'record') return type.fields.some(([name]) => name === 'tag');
  return ['variant', 'result', 'option'].includes(type.kind);
}

function attempt(check: Check, value: unknown): ErrorCase | undefined {
  try {
    return new ErrorCase(check(value));
  } catch {
    return undefined;
  }
}

function isErrorCase(value: unknown): value is { readonly tag: 'err'; readonly val?: unknown } {
  return typeof value === 'object' && value !== null && (value as { tag?: unknown }).tag === 'err';
}

/** The function that the glue calls. */
export function importFunction({ name, answer }: Import, ask: Ask, meter: Meter, checks: Checks) {
  return (...args: unknown[]): unknown => {
    try {
      const value = answer.value(ask(name, args));
      meter.start(checks.takeCount());
      return value;
    } catch (error) {
      meter.start(checks.takeCount());
      if (error instanceof Mismatch) throw new CutShort(mismatch(name, error));
      if (!(error instanceof HostFailure)) throw error;
      throw answer.failure(error.info) ?? new CutShort(error.info);
    }
  };
}

function mismatch(name: string, { name: type, path, reason }: Mismatch): GuestErrorInfo {
  return { name: type, message: `${name}: the host's value${path} ${reason}` };
}
