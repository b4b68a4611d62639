/**
 * Publishes each decision on `diagnostics_channel` 'colony:audit': the requester, the request, the decision and its
 * reason.
 */
import { channel } from 'node:diagnostics_channel';
import { show } from '../options/option-reader.js';

export interface AuditRecord {
  /** Milliseconds since 1970. */
  readonly time: number;
  /** Id of the context. */
  readonly context: string;
  /** SHA-256 of the program. */
  readonly program: string;
  readonly hypercall: string;
  /** Types and sizes of the arguments, the beginnings of strings, numbers, and bigints of up to 64 bits. */
  readonly args: readonly string[];
  readonly allowed: boolean;
  readonly reason?: string;
}

export const AUDIT_CHANNEL = 'colony:audit';
const stream = channel(AUDIT_CHANNEL);

export function audit(make: () => AuditRecord): void {
  if (stream.hasSubscribers) stream.publish(make());
}

/** Summarizes at most eight arguments in at most 64 characters each. */
export function summarize(args: readonly unknown[]): string[] {
  const short = args.slice(0, 8).map(summary);
  return args.length > 8 ? [...short, `${args.length - 8} more`] : short;
}

/** Takes constant time, because a guest chose the value. */
function summary(value: unknown): string {
  if (ArrayBuffer.isView(value)) return `${value.constructor.name}(${value.byteLength})`;
  if (Array.isArray(value)) return `Array(${value.length})`;
  if (typeof value === 'object' && value !== null) return Object.prototype.toString.call(value).slice(8, -1);
  return show(value);
}
