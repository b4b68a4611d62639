// The words that mark a function as a virtine and declare how its parameters cross. They have a meaning only for the
// Colony compiler (packages/docs/guide/c-virtines.md); for other compilers the annotations are empty.
//
//   virtine int fib(int n) { ... }
//   virtine(allow(lookup, log), memory("1MiB"), wallTime("50ms")) int f(int n) { ... }
//   virtine uint32_t crc(colony_in(size) const uint8_t *data, size_t size) { ... }
//
// | word                 | the pointer has                                                                           |
// | -------------------- | ----------------------------------------------------------------------------------------- |
// | colony_in(n)         | n items that the function reads                                                           |
// | colony_out(n)        | room for n items that the function writes; they are returned                              |
// | colony_out(n, used)  | the same, but only the first `used` are returned: `used` is a parameter, or `result`      |
// | colony_inout(n)      | n items that it reads and writes (a second word is possible, as for colony_out)           |
//
// n is another parameter (or, in a struct, another field), `*p` for the value that p points to, or a number. 1 means a
// single item, not an array. The caller does not pass a parameter that is the n of an input: the array has its length.
//
// A union in a struct names the field beside it that selects the active member. Each member names its value of that
// field:
//
//   struct shape {
//     enum { CIRCLE, SQUARE } kind;
//     colony_tagged(kind) union {
//       colony_case(CIRCLE) struct circle circle;
//       colony_case(SQUARE) double side;
//     } as;
//   };
//
// In JavaScript that is { as: { circle: { ... } } } or { as: { side: 2 } }: the member's name replaces the field.
//
// A program names its other C files once, relative to the folder of the naming file:
//
//   colony_sources("crc.c", "../shared/table.c");
#ifndef COLONY_MARK_H
#define COLONY_MARK_H

#pragma GCC system_header

#ifdef COLONY_ANALYSIS
#define COLONY_ANNOTATE(...) __attribute__((annotate("colony", __VA_ARGS__)))
#define colony_sources(...) struct COLONY_ANNOTATE("sources", __VA_ARGS__) colony_sources_of_this_file
#else
#define COLONY_ANNOTATE(...)
#define colony_sources(...) _Static_assert(1, "")
#endif

// `virtine` works with and without a list because its expansion ends in `extern`. Before a parenthesis `extern` is the
// macro below, elsewhere the keyword. C never has `extern (`.
#define virtine COLONY_ANNOTATE("virtine") extern
#define extern(...) COLONY_ANNOTATE("options", #__VA_ARGS__) extern

#define colony_in(...) COLONY_ANNOTATE("in", #__VA_ARGS__)
#define colony_out(...) COLONY_ANNOTATE("out", #__VA_ARGS__)
#define colony_inout(...) COLONY_ANNOTATE("inout", #__VA_ARGS__)
#define colony_tagged(...) COLONY_ANNOTATE("tagged", #__VA_ARGS__)
#define colony_case(...) COLONY_ANNOTATE("case", #__VA_ARGS__, (long long)(__VA_ARGS__))

#endif
