/** Payloads from a message to a file. */
export const SIZES = [64, 1024, 16384, 262144, 1048576, 16777216] as const;

const NAMES: Readonly<Record<number, string>> = {
  64: '64B',
  1024: '1KiB',
  16384: '16KiB',
  262144: '256KiB',
  1048576: '1MiB',
  16777216: '16MiB',
};

export const sizeName = (bytes: number) => NAMES[bytes] ?? `${bytes}B`;
