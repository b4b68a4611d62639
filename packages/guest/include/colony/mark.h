// The words by which a function becomes a virtine and its parameters say how they cross. They mean something to the
// Colony compiler (packages/docs/guide/c-virtines.md); for any other compiler they are not there.
//
//   virtine int fib(int n) { ... }
//   virtine(allow(lookup, log), memory("1MiB"), wallTime("50ms")) int f(int n) { ... }
//   virtine uint32_t crc(colony_in(size) const uint8_t *data, size_t size) { ... }
//
// | word                 | says that a pointer is                                                                    |
// | -------------------- | ----------------------------------------------------------------------------------------- |
// | colony_in(n)         | n items that the function reads                                                           |
// | colony_out(n)        | room for n items that it writes: they come back                                           |
// | colony_out(n, used)  | the same, of which the first `used` come back: a parameter, or `result`                   |
// | colony_inout(n)      | n items that it reads and writes (a second word as of colony_out)                         |
//
// n is another parameter (or, in a struct, another field), `*p` for what the pointer p points to, or a number; 1 is a
// single item and no array. A parameter that is the n of an input is not passed: the array knows its length.
//
// In a struct, a union says which field beside it tells which of its members counts, and each of these for which value
// of that field:
//
//   struct shape {
//     enum { CIRCLE, SQUARE } kind;
//     colony_tagged(kind) union {
//       colony_case(CIRCLE) struct circle circle;
//       colony_case(SQUARE) double side;
//     } as;
//   };
//
// In JavaScript that is { as: { circle: { ... } } } or { as: { side: 2 } }: the name says what the field would.
//
// C files that the program needs besides are named once, from their file's own folder:
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

// `virtine` works bare and with a list because what it ends in is a keyword: followed by a parenthesis it is the macro
// below, and else it is itself. No C has `extern (`.
#define virtine COLONY_ANNOTATE("virtine") extern
#define extern(...) COLONY_ANNOTATE("options", #__VA_ARGS__) extern

#define colony_in(...) COLONY_ANNOTATE("in", #__VA_ARGS__)
#define colony_out(...) COLONY_ANNOTATE("out", #__VA_ARGS__)
#define colony_inout(...) COLONY_ANNOTATE("inout", #__VA_ARGS__)
#define colony_tagged(...) COLONY_ANNOTATE("tagged", #__VA_ARGS__)
#define colony_case(...) COLONY_ANNOTATE("case", #__VA_ARGS__, (long long)(__VA_ARGS__))

#endif
