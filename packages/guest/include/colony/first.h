// Included before every program. It has a token because gcc uses precompiled headers (`util.h.gch` beside `util.h`)
// only before the first token. gcc would load such a file into its memory as it is.
typedef int colony_first;
