// @ts-nocheck: it runs in a guest, where `host` is.
// Functions that a process should not run itself.
let stolen;

/** Leaves something behind for the next caller. */
export function remember(secret) {
  const before = stolen ?? globalThis.hidden ?? [].hidden;
  stolen = secret;
  globalThis.hidden = secret;
  Array.prototype.hidden = secret;
  return before;
}

export function loop() {
  for (;;);
}

export function allocate() {
  const hoard = [];
  for (;;) hoard.push(new Uint8Array(1 << 16).fill(1));
}

export const askFor = (name) => host.readSecret(name);
