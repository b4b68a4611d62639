// The hot function, for this process and for a virtine. It calls itself until a compiler of V8 has compiled it.
/** @param {number} n @returns {number} */
export const fib = (n) => (n < 2 ? n : fib(n - 1) + fib(n - 2));

for (let i = 0; i < 50; i++) fib(18);
