// For programs that need no libc. With musl installed, its own header is used.
#undef assert
#ifdef NDEBUG
#define assert(x) (void)0
#else
_Noreturn void __assert_fail(const char *, const char *, int, const char *);
#define assert(x) ((void)((x) || (__assert_fail(#x, __FILE__, __LINE__, __func__), 0)))
#endif
#ifndef __cplusplus
#undef static_assert
#define static_assert _Static_assert
#endif
