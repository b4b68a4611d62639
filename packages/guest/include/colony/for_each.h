// How COLONY_EXPORT and colony_call take any number of arguments. Nothing in here is for users.
#ifndef COLONY_FOR_EACH_H
#define COLONY_FOR_EACH_H

#define COLONY_CAT_(a, b) a##b
#define COLONY_CAT(a, b) COLONY_CAT_(a, b)

// COLONY_FOR_EACH(F, a, b) is F(a) F(b), for up to 14.
#define COLONY_FOR_EACH(F, ...) __VA_OPT__(COLONY_CAT(COLONY_EACH_, COLONY_COUNT(__VA_ARGS__))(F, __VA_ARGS__))

#define COLONY_COUNT(...) COLONY_COUNT_(__VA_ARGS__, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1)
#define COLONY_COUNT_(_1, _2, _3, _4, _5, _6, _7, _8, _9, _10, _11, _12, _13, _14, n, ...) n
#define COLONY_EACH_1(F, a) F(a)
#define COLONY_EACH_2(F, a, ...) F(a) COLONY_EACH_1(F, __VA_ARGS__)
#define COLONY_EACH_3(F, a, ...) F(a) COLONY_EACH_2(F, __VA_ARGS__)
#define COLONY_EACH_4(F, a, ...) F(a) COLONY_EACH_3(F, __VA_ARGS__)
#define COLONY_EACH_5(F, a, ...) F(a) COLONY_EACH_4(F, __VA_ARGS__)
#define COLONY_EACH_6(F, a, ...) F(a) COLONY_EACH_5(F, __VA_ARGS__)
#define COLONY_EACH_7(F, a, ...) F(a) COLONY_EACH_6(F, __VA_ARGS__)
#define COLONY_EACH_8(F, a, ...) F(a) COLONY_EACH_7(F, __VA_ARGS__)
#define COLONY_EACH_9(F, a, ...) F(a) COLONY_EACH_8(F, __VA_ARGS__)
#define COLONY_EACH_10(F, a, ...) F(a) COLONY_EACH_9(F, __VA_ARGS__)
#define COLONY_EACH_11(F, a, ...) F(a) COLONY_EACH_10(F, __VA_ARGS__)
#define COLONY_EACH_12(F, a, ...) F(a) COLONY_EACH_11(F, __VA_ARGS__)
#define COLONY_EACH_13(F, a, ...) F(a) COLONY_EACH_12(F, __VA_ARGS__)
#define COLONY_EACH_14(F, a, ...) F(a) COLONY_EACH_13(F, __VA_ARGS__)

// What stands between the parentheses of a function type: never empty, which would mean "any".
#define COLONY_PARAMETERS(...) COLONY_CAT(COLONY_PARAMETERS_, __VA_OPT__(1))(__VA_ARGS__)
#define COLONY_PARAMETERS_(...) void
#define COLONY_PARAMETERS_1(...) __VA_ARGS__

#endif
