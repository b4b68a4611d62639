/** The jail's report on itself before the program runs, and the mechanisms that it proves. */
import type { Duplex } from 'node:stream';
import { ColonyError, type Mechanism } from '@colony/core';

/** Larger than any report; see native/jail/jail.h. */
const MOST_BYTES = 4096;

export type JailReport = ReadonlyMap<string, string>;

/** Lines `name=value`. */
export function parseReport(text: string): JailReport {
  const lines = text.split('\n').filter((line) => line !== '');
  return new Map(
    lines.map((line) => {
      const at = line.indexOf('=');
      return [line.slice(0, at), line.slice(at + 1)] as const;
    }),
  );
}

/**
 * Takes the report from the channel, and leaves the bytes that follow it.
 * @returns undefined if the channel ends before; then stderr has the reason
 */
export function readReport(channel: Duplex): Promise<JailReport | undefined> {
  return new Promise((resolve, reject) => {
    let bytes = Buffer.alloc(0);
    const done = (settle: () => void) => {
      channel.off('readable', read).off('end', ended).off('error', ended).off('close', ended);
      settle();
    };
    const ended = () => done(() => resolve(undefined));
    const read = () => {
      for (let chunk = channel.read() as Buffer | null; chunk !== null; chunk = channel.read() as Buffer | null) {
        bytes = Buffer.concat([bytes, chunk]);
        const length = bytes.length < 4 ? 0 : bytes.readUInt32LE(0);
        if (length > MOST_BYTES) {
          return done(() => reject(new ColonyError('ERR_INTERNAL', `a jail's report of ${length} bytes`)));
        }
        if (length === 0 || bytes.length < 4 + length) continue;
        const rest = bytes.subarray(4 + length);
        if (rest.length > 0) channel.unshift(rest);
        return done(() => resolve(parseReport(bytes.toString('utf8', 4, 4 + length))));
      }
    };
    channel.on('readable', read).on('end', ended).on('error', ended).on('close', ended);
  });
}

/** Checks the report's limits against the host's request: the system may have had lower ones already. */
function limitsHold(report: JailReport, asked: ReadonlyMap<string, number>): boolean {
  const holds = (name: string, most: number) => Number(report.get(`limit-${name}`)) <= most;
  return holds('core', 0) && holds('file-size', 0) && [...asked].every(([name, most]) => holds(name, most));
}

/** The mechanisms that are seen from inside. */
export function seenInside(
  report: JailReport,
  asked: { readonly limits: ReadonlyMap<string, number>; readonly variables: number },
): Mechanism[] {
  const is = (name: string, value: string) => report.get(name) === value;
  const seen: readonly (readonly [Mechanism, boolean])[] = [
    ['empty-root', is('root-others', '0') && is('root-writable', '0')],
    ['no-new-privileges', is('no-new-privileges', '1')],
    ['no-capabilities', is('capabilities', '0')],
    ['seccomp', is('seccomp', '2')],
    ['landlock', Number(report.get('landlock')) > 0],
    ['rlimits', limitsHold(report, asked.limits)],
    ['cleared-environment', is('environment', String(asked.variables))],
    ['closed-descriptors', is('other-descriptors', '0')],
    ['dies-with-parent', is('parent-death-signal', '9')],
  ];
  return seen.filter(([, holds]) => holds).map(([mechanism]) => mechanism);
}
