// Medians over single calls. For a demonstration: packages/bench measures with care.

/** @param {readonly number[]} numbers */
function median(numbers) {
  const sorted = [...numbers].sort((a, b) => a - b);
  return /** @type {number} */ (sorted[sorted.length >> 1]);
}

const now = () => Number(process.hrtime.bigint()) / 1e6;

/** Median milliseconds of a call. @param {number} calls @param {() => unknown} call */
export async function medianOf(calls, call) {
  const times = [];
  for (let i = 0; i < calls; i++) {
    const started = now();
    const result = call();
    if (result instanceof Promise) await result;
    times.push(now() - started);
  }
  return median(times);
}

/** Median over calls that are shorter than the clock can see: each sample is a run of them. @param {() => unknown} call */
export async function medianOfShort(call, inRun = 1000) {
  const perRun = await medianOf(50, () => {
    for (let i = 0; i < inRun; i++) call();
  });
  return perRun / inRun;
}

/** @template T @param {() => T | Promise<T>} work @returns {Promise<{ value?: T, error?: any, took: number }>} */
export async function attempt(work) {
  const started = now();
  try {
    return { value: await work(), took: now() - started };
  } catch (error) {
    return { error, took: now() - started };
  }
}
