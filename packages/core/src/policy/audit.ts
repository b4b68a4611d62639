/** Who asked for what, the decision and why, on `diagnostics_channel` 'colony:audit'. */
import { channel } from 'node:diagnostics_channel';

export interface AuditRecord {
  /** Milliseconds since 1970. */
  readonly time: number;
  /** Id of the context. */
  readonly context: string;
  /** SHA-256 of the program. */
  readonly program: string;
  readonly hypercall: string;
  /** Types and sizes of the arguments, and short strings and numbers. */
  readonly args: readonly string[];
  readonly allowed: boolean;
  readonly reason?: string;
}

export const AUDIT_CHANNEL = 'colony:audit';
const stream = channel(AUDIT_CHANNEL);

export function audit(make: () => AuditRecord): void {
  if (stream.hasSubscribers) stream.publish(make());
}

/** At most eight arguments of at most 64 characters each. */
export function summarize(args: readonly unknown[]): string[] {
  const short = args.slice(0, 8).map(summary);
  return args.length > 8 ? [...short, `${args.length - 8} more`] : short;
}

function summary(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.length > 60 ? `${value.slice(0, 60)}...` : value);
  if (ArrayBuffer.isView(value)) return `${value.constructor.name}(${value.byteLength})`;
  if (Array.isArray(value)) return `Array(${value.length})`;
  if (typeof value === 'object' && value !== null) return Object.prototype.toString.call(value).slice(8, -1);
  return typeof value === 'bigint' ? `${String(value).slice(0, 60)}n` : String(value);
}
