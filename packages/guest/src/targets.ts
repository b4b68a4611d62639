/**
 * The targets of guests, and how each is linked. C sources, Wasm modules and the runtime are the same for all targets.
 * Entry code, the hypercall's stub and the file format differ.
 */

/** The differences between x86-64 targets that gcc builds for. */
export interface NativeTarget {
  readonly name: 'virtine' | 'process';
  /** Folder of the entry code, the hypercall's stub and the linker script. */
  readonly boot: string;
  /** The source in `boot` that is assembled for each image, with the image's own numbers as macros. */
  readonly perImage: string;
  /** Flags for gcc when it links. */
  readonly linkFlags: readonly string[];
}

/** An image for the kvm backend: an ELF file with a Colony note, which runs without a kernel. */
export const VIRTINE: NativeTarget = {
  name: 'virtine',
  boot: 'boot/virtine',
  perImage: 'note.S',
  linkFlags: ['-nostdlib', '-static', '-no-pie', '-Wl,--build-id=none', '-Wl,-z,noexecstack,-z,max-page-size=4096'],
};

/** An executable for the process backend: static, a zygote that forks for each call (see boot/process/process.h). */
export const PROCESS: NativeTarget = {
  name: 'process',
  boot: 'boot/process',
  perImage: 'image.S',
  linkFlags: VIRTINE.linkFlags,
};

export const NATIVE_TARGETS = { virtine: VIRTINE, process: PROCESS } as const satisfies Record<string, NativeTarget>;

/** Targets of `buildWasmImage`. */
export type NativeTargetName = keyof typeof NATIVE_TARGETS;

/** Targets of `buildC`: `wasm32` is a module for the wasm backend, made by clang. */
export type Target = NativeTargetName | 'wasm32';
