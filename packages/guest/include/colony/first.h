// Comes before every program, and has a token: from the first one on, gcc takes no precompiled header (`util.h.gch` beside
// `util.h`), which would be loaded into the compiler as it is.
typedef int colony_first;
