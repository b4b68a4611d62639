// The compiler's own header, without a libc's.
#ifdef __clang__
#include_next <stdint.h>
#else
#include <stdint-gcc.h>
#endif
