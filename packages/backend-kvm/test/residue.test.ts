/** A hostile image with its own resume code reads every register that an earlier guest in its shell filled. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { errorOf, outcome, readSettings } from '@colony/conformance';
import { type Context, createContext, native } from '@colony/core';
import { guestFolder } from '@colony/guest';
import { probesFolder } from '@colony/guest/probes';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeKvm, PATIENT, probe } from './lib/kvm.js';

/** Values that `secrets.c` leaves, and that the hostile image itself leaves. */
const SECRETS = [0xc5, 0xa7];
const REGISTERS = [
  'rax',
  'rbx',
  'rcx',
  'rdx',
  'rsi',
  'rdi',
  'rbp',
  'rsp',
  'r8',
  'r9',
  'r10',
  'r11',
  'r12',
  'r13',
  'r14',
  'r15',
  'rflags',
  'fs',
  'gs',
  'segments',
];
const XSAVE = 192;

function build(folder: string): string {
  const out = join(folder, 'raw.elf');
  const flags = [
    '-nostdlib',
    '-static',
    '-no-pie',
    '-I',
    join(guestFolder, 'include'),
    '-T',
    join(guestFolder, 'boot/virtine/link.ld'),
    '-Wl,--build-id=none',
  ];
  execFileSync(process.env.CC ?? 'gcc', [...flags, join(probesFolder, 'raw_state.S'), '-o', out]);
  return out;
}

describeKvm('residue', () => {
  const folder = mkdtempSync(join(tmpdir(), 'colony-residue-'));
  let raw: Context;
  let secrets: Context;
  // One thread and one warm shell: each program gets the shell that the other has just used.
  const pool = { threads: 1, warm: 1 };
  beforeAll(async () => {
    const program = native.image(build(folder));
    raw = await createContext({ backend: 'kvm', program, pool, policy: { limits: PATIENT } });
    secrets = await createContext({
      backend: 'kvm',
      program: probe('secrets.c'),
      pool,
      policy: { limits: { wallTime: 40 } },
    });
  });
  afterAll(async () => {
    await Promise.all([raw?.dispose(), secrets?.dispose()]);
    rmSync(folder, { recursive: true });
  });

  async function state(sync: boolean): Promise<Uint8Array> {
    return (sync ? raw.callSync('any') : await raw.call('any')) as unknown as Uint8Array;
  }

  function assertClean(bytes: Uint8Array, after: string): void {
    const view = new DataView(bytes.buffer, bytes.byteOffset);
    for (const [i, name] of REGISTERS.entries()) {
      const value = view
        .getBigUint64(i * 8, true)
        .toString(16)
        .padStart(16, '0');
      for (const secret of SECRETS)
        expect(value.includes(secret.toString(16).repeat(2)), `${name} = ${value} after ${after}`).toBeFalsy();
    }
    const secretAt = bytes.subarray(XSAVE).findIndex((byte) => SECRETS.includes(byte));
    expect(
      secretAt,
      `the vector state has ${bytes[XSAVE + secretAt]?.toString(16)} at ${secretAt} after ${after}`,
    ).toBe(-1);
    expect(view.getUint32(XSAVE + 24, true), `MXCSR after ${after}`).toBe(0x1f80);
    expect(view.getUint16(XSAVE, true), `the x87 control word after ${after}`).toBe(0x37f);
    expect(bytes[XSAVE + 4], `the x87 stack after ${after}`).toBe(0);
  }

  it('no register has a value of an earlier program in the shell, however that ended', async () => {
    const { seed, runs } = readSettings();
    const act = fc.tuple(fc.constantFrom(0, 1, 2, 3), fc.boolean(), fc.boolean());
    await fc.assert(
      fc.asyncProperty(fc.array(act, { minLength: 1, maxLength: 4 }), async (acts) => {
        for (const [how, leaveSync, lookSync] of acts) {
          await outcome(() =>
            leaveSync ? secrets.callSync('leave_registers', how) : secrets.call('leave_registers', how),
          );
          assertClean(await state(lookSync), `leave_registers(${how})`);
        }
      }),
      { seed, numRuns: Math.max(5, Math.round(runs / 4)) },
    );
  });

  it('the hostile image can see registers', async () => {
    const bytes = await state(false);
    const view = new DataView(bytes.buffer, bytes.byteOffset);
    expect(view.getBigUint64(7 * 8, true), 'no stack pointer?').not.toBe(0n);
    expect(bytes.length, 'no XSAVE area?').toBeGreaterThan(192 + 576);
    expect(await errorOf(() => secrets.call('leave_registers', 1))).toBeInstanceOf(Error);
  });
});
