// Lets COLONY_EXPORT and colony_call take a variable number of arguments. Internal: nothing here is for users.
#ifndef COLONY_FOR_EACH_H
#define COLONY_FOR_EACH_H

#define COLONY_CAT_(a, b) a##b
#define COLONY_CAT(a, b) COLONY_CAT_(a, b)

// COLONY_FOR_EACH(F, a, b) is F(a) F(b), for up to 14 arguments.
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

// COLONY_LIST(F, a, b) is F(0, a), F(1, b).
#define COLONY_LIST(F, ...) __VA_OPT__(COLONY_LIST_(F, COLONY_COUNT(__VA_ARGS__), __VA_ARGS__))
#define COLONY_LIST_(F, n, ...) COLONY_CAT(COLONY_LIST_, n)(F, n, __VA_ARGS__)
#define COLONY_LIST_1(F, n, a) F(n - 1, a)
#define COLONY_LIST_2(F, n, a, ...) F(n - 2, a), COLONY_LIST_1(F, n, __VA_ARGS__)
#define COLONY_LIST_3(F, n, a, ...) F(n - 3, a), COLONY_LIST_2(F, n, __VA_ARGS__)
#define COLONY_LIST_4(F, n, a, ...) F(n - 4, a), COLONY_LIST_3(F, n, __VA_ARGS__)
#define COLONY_LIST_5(F, n, a, ...) F(n - 5, a), COLONY_LIST_4(F, n, __VA_ARGS__)
#define COLONY_LIST_6(F, n, a, ...) F(n - 6, a), COLONY_LIST_5(F, n, __VA_ARGS__)
#define COLONY_LIST_7(F, n, a, ...) F(n - 7, a), COLONY_LIST_6(F, n, __VA_ARGS__)
#define COLONY_LIST_8(F, n, a, ...) F(n - 8, a), COLONY_LIST_7(F, n, __VA_ARGS__)
#define COLONY_LIST_9(F, n, a, ...) F(n - 9, a), COLONY_LIST_8(F, n, __VA_ARGS__)
#define COLONY_LIST_10(F, n, a, ...) F(n - 10, a), COLONY_LIST_9(F, n, __VA_ARGS__)
#define COLONY_LIST_11(F, n, a, ...) F(n - 11, a), COLONY_LIST_10(F, n, __VA_ARGS__)
#define COLONY_LIST_12(F, n, a, ...) F(n - 12, a), COLONY_LIST_11(F, n, __VA_ARGS__)
#define COLONY_LIST_13(F, n, a, ...) F(n - 13, a), COLONY_LIST_12(F, n, __VA_ARGS__)
#define COLONY_LIST_14(F, n, a, ...) F(n - 14, a), COLONY_LIST_13(F, n, __VA_ARGS__)

// 1 for the word void, else 0.
#define COLONY_IS_VOID(t) COLONY_SECOND(COLONY_CAT(COLONY_VOID_, t), 0, )
#define COLONY_VOID_void , 1
#define COLONY_SECOND(...) COLONY_SECOND_(__VA_ARGS__)
#define COLONY_SECOND_(_1, second, ...) second

// The parameters of a function type. The list is never empty, because an empty list would mean "any".
#define COLONY_PARAMETERS(...) COLONY_CAT(COLONY_PARAMETERS_, __VA_OPT__(1))(__VA_ARGS__)
#define COLONY_PARAMETERS_(...) void
#define COLONY_PARAMETERS_1(...) __VA_ARGS__

#endif
