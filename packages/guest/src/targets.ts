/**
 * Where a guest can run, and what that says about how it is linked. C sources and Wasm modules are the same for all of
 * them, and so is the runtime; entry code, the hypercall's stub and the shape of the file differ.
 */

/** What x86-64 guests that gcc builds differ in. */
export interface NativeTarget {
  readonly name: 'virtine' | 'process';
  /** Folder of the entry code, the hypercall's stub and the linker script. */
  readonly boot: string;
  /** The source in it that is assembled for each image, with the image's own numbers as macros. */
  readonly perImage: string;
  /** For gcc, when it links. */
  readonly linkFlags: readonly string[];
}

/** An image for the kvm backend: an ELF file with a Colony note, with no kernel below it. */
export const VIRTINE: NativeTarget = {
  name: 'virtine',
  boot: 'boot/virtine',
  perImage: 'note.S',
  linkFlags: ['-nostdlib', '-static', '-no-pie', '-Wl,--build-id=none', '-Wl,-z,noexecstack,-z,max-page-size=4096'],
};

/** An executable for the process backend: static, a zygote that forks once per call (see boot/process/process.h). */
export const PROCESS: NativeTarget = {
  name: 'process',
  boot: 'boot/process',
  perImage: 'image.S',
  linkFlags: VIRTINE.linkFlags,
};

export const NATIVE_TARGETS = { virtine: VIRTINE, process: PROCESS } as const satisfies Record<string, NativeTarget>;

/** What `buildWasmImage` can make. */
export type NativeTargetName = keyof typeof NATIVE_TARGETS;

/** What `buildC` can make: `wasm32` is a module for the wasm backend, made by clang. */
export type Target = NativeTargetName | 'wasm32';
