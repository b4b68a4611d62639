// gcc's own, without looking for a libc's.
#include <stdint-gcc.h>
