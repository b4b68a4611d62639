/** A C file that is a module of its own, and not a part of another program. */
export const C_MODULE = /\.virtine\.c$/;
