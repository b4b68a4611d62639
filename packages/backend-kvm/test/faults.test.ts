/** Forbidden operations, one instruction at a time; each leaves the context and the host unchanged. */
import { existsSync, readFileSync } from 'node:fs';
import { fails, outcome } from '@colony/conformance';
import { type Context, createContext } from '@colony/core';
import { probePath } from '@colony/guest/probes';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeKvm, PATIENT, probe } from './lib/kvm.js';

/** Selectors that a machine may accept. That is harmless, because bases are reset. */
const MAY_PASS = ['load_fs_selector'];

/** Names of the probes below a heading of cpu.c. */
function section(heading: string): string[] {
  const source = readFileSync(probePath('cpu'), 'utf8');
  const part = source.slice(source.indexOf(`// ---- ${heading}`)).split('// ----')[1] ?? '';
  return [...part.matchAll(/^INSTRUCTION\((\w+),/gm)].map((match) => match[1]!);
}

/** Whether the processor walks guests' page tables itself, as Linux's KVM reports. */
function nestedPaging(): boolean {
  return ['kvm_amd/parameters/npt', 'kvm_intel/parameters/ept'].some((name) => {
    const file = `/sys/module/${name}`;
    return existsSync(file) && /^[Y1]/.test(readFileSync(file, 'utf8'));
  });
}

describeKvm('faults', () => {
  let cpu: Context;
  /** For programs that may run for ever. */
  let brief: Pick<Context, 'call'>;
  let memory: Context;
  beforeAll(async () => {
    const policy = { limits: PATIENT };
    cpu = await createContext({ backend: 'kvm', program: probe('cpu.c'), policy });
    brief = cpu.with({ limits: { wallTime: 100 } });
    memory = await createContext({ backend: 'kvm', program: probe('memory.c'), policy });
  });
  afterAll(() => Promise.all([cpu?.dispose(), memory?.dispose()]));

  const goesOn = async () => expect(await cpu.call('one')).toBe(1);

  for (const heading of ['Privileged', 'Exceptions'] as const) {
    const names = section(heading);
    it(`cpu.c has ${heading.toLowerCase()} instructions`, () =>
      expect(names.length, 'cpu.c has another form').toBeGreaterThan(10));
    it.for(names.filter((name) => !MAY_PASS.includes(name)))(
      `${heading.toLowerCase()}: %s ends in a fault`,
      async (name) => {
        await fails('ERR_GUEST_FAULT', () => cpu.call(name), name);
        await fails('ERR_GUEST_FAULT', () => cpu.callSync(name), `${name} (callSync)`);
        await goesOn();
      },
    );
  }

  it('loops of every kind end with the wall time', async () => {
    const names = section('Without end').filter((name) => name !== 'loop_out');
    expect(names.length, 'cpu.c has another form').toBeGreaterThan(4);
    for (const name of names) {
      // This machine may refuse vmmcall and vmcall, and also rdtsc if the processor obeys CR4.TSD.
      await fails(
        /^loop_(vm|rdtsc)/.test(name) ? ['ERR_LIMIT_WALL_TIME', 'ERR_GUEST_FAULT'] : 'ERR_LIMIT_WALL_TIME',
        () => brief.call(name),
        name,
      );
      await goesOn();
    }
    await fails('ERR_GUEST_PROTOCOL', () => cpu.call('loop_out'));
  });

  it('permitted instructions have no effect on the next call', async () => {
    for (const name of [
      ...MAY_PASS,
      ...section('May pass'),
      ...section('Forbidden by UMIP'),
      'out_wide',
      'in_colony',
      'out_string',
    ]) {
      await outcome(() => brief.call(name));
      await goesOn();
    }
  });

  it('other ports and selectors end in a code', async () => {
    for (const port of [0, 0x20, 0x60, 0xcb, 0xcc, 0x3f8, 0xcf8, 0xffff]) {
      await fails(['ERR_GUEST_FAULT', 'ERR_GUEST_PROTOCOL'], () => cpu.call('in_port', port), `in ${port}`);
      await fails(['ERR_GUEST_FAULT', 'ERR_GUEST_PROTOCOL'], () => cpu.call('out_port', port), `out ${port}`);
    }
    for (let selector = 0; selector < 0x60; selector++) {
      const ended = await outcome(() => cpu.call('load_selector', selector));
      if ('code' in ended) expect(ended.code, `selector ${selector}`).toBe('ERR_GUEST_FAULT');
    }
    await goesOn();
  });

  it('a time stamp is a number, or is refused if the processor honours CR4.TSD', async () => {
    const read = await outcome(() => cpu.call('time_stamp'));
    if ('code' in read) expect(read.code).toBe('ERR_GUEST_FAULT');
    else expect(typeof read.value).toBe('number');
    await goesOn();
  });

  it('a fault names instruction and function', async (context) => {
    const { message, details } = await fails('ERR_GUEST_FAULT', () => memory.call('write_rodata'));
    if (/this processor does not tell where/.test(message))
      context.skip('SVM gives up the registers of a guest that faults');
    expect(message).toMatch(/in write_rodata\+0x/);
    expect(details.fault?.rip ?? '').toMatch(/^0x4/);
    expect(details.fault?.symbol ?? '').toMatch(/^write_rodata/);
    const jump = await fails('ERR_GUEST_FAULT', () => memory.call('jump_to', 0));
    expect(jump.details.fault?.symbol).toBe(undefined);
  });

  it('a fault names kind and address', async (context) => {
    const { message, details } = await fails('ERR_GUEST_FAULT', () => memory.call('write_rodata'));
    if (nestedPaging() && /stopped: fault[,;]/.test(message))
      context.skip('with nested paging the processor delivers page faults itself, and KVM does not see them');
    expect(message).toMatch(/write to read-only memory/);
    expect(details.fault?.address ?? '').toMatch(/^0x4/);
  });
});
