/** Matches a C file that is a module itself, and not a part of another program. */
export const C_MODULE = /\.virtine\.c$/;
