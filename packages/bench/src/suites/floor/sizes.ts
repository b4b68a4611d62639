/** Payload sizes, from a message to a file. */
export const SIZES = [64, 1024, 16384, 262144, 1048576, 16777216] as const;

export function sizeName(bytes: number): string {
  if (bytes >= 1 << 20 && bytes % (1 << 20) === 0) return `${bytes >> 20}MiB`;
  if (bytes >= 1 << 10 && bytes % (1 << 10) === 0) return `${bytes >> 10}KiB`;
  return `${bytes}B`;
}

/** `16 KiB`: the size in a sentence. */
export const sizeText = (bytes: number): string => sizeName(bytes).replace(/\d+/, '$& ');
