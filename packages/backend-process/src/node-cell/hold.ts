/** Children do not keep the host's process alive; waiting for them does. */

const LONG = 2 ** 31 - 1;

export async function whole<T>(work: Promise<T>): Promise<T> {
  const timer = setInterval(() => {}, LONG);
  try {
    return await work;
  } finally {
    clearInterval(timer);
  }
}
