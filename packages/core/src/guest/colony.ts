/** The global `colony`: capabilities that have no name in the language. The policy decides each hypercall. */
import { embedder } from './embedder.js';
import { hypercall } from './hypercall.js';

interface GuestFiles {
  read(path: string): Uint8Array;
  readText(path: string): string;
  write(path: string, content: string | Uint8Array): void;
  list(path: string): { name: string; type: 'file' | 'directory' | 'other' }[];
  /** `size` is in bytes, `modified` in milliseconds since 1970. */
  stat(path: string): { type: 'file' | 'directory' | 'other'; size: number; modified: number };
}

export interface GuestCapabilities {
  /** Returns a variable that `policy.env` grants. */
  env(name: string): string | undefined;
  /** Files that `policy.fs` grants. */
  readonly fs: GuestFiles;
}

const files: GuestFiles = {
  read: (path) => hypercall('colony:fs.read', [path]) as Uint8Array,
  readText(path) {
    const bytes = files.read(path);
    return embedder.utf8Decode(bytes.buffer as ArrayBuffer, bytes.byteOffset, bytes.byteLength);
  },
  write: (path, content) => void hypercall('colony:fs.write', [path, content]),
  list: (path) => hypercall('colony:fs.list', [path]) as ReturnType<GuestFiles['list']>,
  stat: (path) => hypercall('colony:fs.stat', [path]) as ReturnType<GuestFiles['stat']>,
};

export const colony: GuestCapabilities = Object.freeze({
  env: (name: string) => hypercall('colony:env', [name]) as string | undefined,
  fs: Object.freeze(files),
});
