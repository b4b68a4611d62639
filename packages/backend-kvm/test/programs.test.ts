/** How programs become start states: hostile images that boot, and contexts that are created concurrently. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fails } from '@colony/conformance';
import { createContext, js, native, openBackend } from '@colony/core';
import { guestFolder as guest } from '@colony/guest';
import { afterAll, expect, it } from 'vitest';
import { describeKvm, PATIENT } from './lib/kvm.js';

describeKvm('programs', () => {
  const folder = mkdtempSync(join(tmpdir(), 'colony-programs-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  /** An image whose main is `body`, with the boot code but no runtime. */
  function image(name: string, body: string): Uint8Array {
    const source = join(folder, `${name}.c`);
    const out = join(folder, `${name}.elf`);
    writeFileSync(
      source,
      `#include "boot/hypercall.h"\n#include "colony/abi.h"\nvoid colony_main(char *heap, size_t size, size_t most, uint64_t abi, const void *page) {\n(void)heap, (void)size, (void)most, (void)abi, (void)page;\n${body}\n}\n`,
    );
    const boot = ['entry.S', 'hypercall.S', 'note.S'].map((file) => join(guest, 'boot/virtine', file));
    const flags = `-O1 -ffreestanding -nostdlib -static -no-pie -fno-pic -fcf-protection=none -Wl,--build-id=none`;
    const folders = ['-I', guest, '-I', join(guest, 'include'), '-T', join(guest, 'boot/virtine/link.ld')];
    execFileSync(process.env.CC ?? 'gcc', [...flags.split(' '), ...folders, ...boot, source, '-o', out]);
    return readFileSync(out);
  }

  const create = (bytes: Uint8Array, startTime: number) =>
    createContext({ backend: 'kvm', program: native.image(bytes), policy: { limits: { startTime } } });

  it('an image that calls the host before its first NEXT is refused, and the host goes on', async () => {
    const early = image('early', 'for (;;) colony_hypercall(COLONY_OP_CALL, "x", 1, 0, 0);');
    await fails('ERR_GUEST_PROTOCOL', () => create(early, PATIENT.startTime));
  });

  it('an image that never reaches its first NEXT is ended by startTime', async () => {
    const endless = image('endless', 'for (;;) __asm__ volatile("");');
    await fails('ERR_LIMIT_WALL_TIME', () => create(endless, 100));
  });

  it('contexts of one new program that are created together evaluate it once', async () => {
    const program = js(`for (let i = 0, end = 2e6; i < end; i++);\nexport const together = () => ${Math.random()}`);
    const backend = await openBackend('kvm');
    const alone = await createContext({ backend: 'kvm', program: js('export const warm = 1') });
    const before = backend.stats().runs ?? 0;
    const contexts = await Promise.all(Array.from({ length: 20 }, () => createContext({ backend: 'kvm', program })));
    expect((backend.stats().runs ?? 0) - before).toBe(1);
    await Promise.all([alone, ...contexts].map((context) => context.dispose()));
  });
});
