/** The message for an addon that does not load is true for the system on which it appears. */
import { expect, it } from 'vitest';
import { loadAddon } from '../src/native.js';
import { unloadable } from '../src/unloadable.js';

const on = (message: string) => unloadable(new Error(message), 'linux', 'x64');

it('the addon of this checkout loads, with or without /dev/kvm', () => {
  expect(loadAddon().Hypervisor).toBeTypeOf('function');
});

it('the error on another platform recommends another backend', () => {
  expect(unloadable(new Error('No native build was found'), 'darwin', 'arm64')).toEqual({
    detail: 'this is darwin on arm64',
    remedy: 'use Linux on x86-64, or another backend',
  });
});

it.each([
  ['No native build was found for platform=linux arch=x64 libc=musl node=24.0.0', /musl/, /glibc/],
  ['No native build was found for platform=linux arch=x64 libc=glibc node=24.0.0', /not in this copy/, /tarball/],
  [
    "/lib/x86_64-linux-gnu/libc.so.6: version `GLIBC_2.34' not found (required by x.node)",
    /glibc 2\.34/,
    /newer system/,
  ],
  ["/lib64/libstdc++.so.6: version `GLIBCXX_3.4.30' not found (required by x.node)", /GCC 12/, /newer system/],
  ['libstdc++.so.6: cannot open shared object file: No such file or directory', /libstdc\+\+/, /install/],
  ['x.node: file too short', /x\.node: file too short/, /tarball/],
])('%s', (message, detail, remedy) => {
  expect(on(message).detail).toMatch(detail);
  expect(on(message).remedy).toMatch(remedy);
});

it('remedies never contain a command that asks a registry for a package of this name', () => {
  for (const message of ['No native build was found', 'libc=musl', 'else']) {
    expect(on(message).remedy).not.toMatch(/npm (install|rebuild)|npx/);
  }
});
