// Evaluates what a user typed: numbers, + - * / ^, parentheses, sqrt(), and names that the host knows.
#include <colony/virtine.h>

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *start, *at;

_Noreturn static void fail(const char *what) {
  char message[120];
  snprintf(message, sizeof message, "%s at column %d", what, (int)(at - start) + 1);
  colony_throw_named("SyntaxError", message);
}

static bool accept(char c) {
  while (isspace((unsigned char)*at)) at++;
  if (*at != c) return false;
  at++;
  return true;
}

static double sum(void);

// A name: sqrt(...), or a constant that the host looks up.
static double named(void) {
  char name[32];
  size_t length = 0;
  while (isalpha((unsigned char)*at) && length + 1 < sizeof name) name[length++] = *at++;
  name[length] = 0;
  if (strcmp(name, "sqrt") != 0) return colony_as_double(colony_call("constant", name));
  if (!accept('(')) fail("expected (");
  double value = sum();
  if (!accept(')')) fail("expected )");
  return sqrt(value);
}

static double atom(void) {
  if (accept('-')) return -atom();
  if (accept('(')) {
    double value = sum();
    if (!accept(')')) fail("expected )");
    return value;
  }
  if (isalpha((unsigned char)*at)) return named();
  char *end;
  double value = strtod(at, &end);
  if (end == at) fail("expected a number");
  at = end;
  return value;
}

static double power(void) {
  double base = atom();
  return accept('^') ? pow(base, power()) : base;
}

static double product(void) {
  double value = power();
  for (;;) {
    if (accept('*')) value *= power();
    else if (accept('/')) value /= power();
    else return value;
  }
}

static double sum(void) {
  double value = product();
  for (;;) {
    if (accept('+')) value += product();
    else if (accept('-')) value -= product();
    else return value;
  }
}

double evaluate(const char *text) {
  start = at = text;
  double value = sum();
  accept(' ');
  if (*at != 0) fail("did not expect this");
  printf("%s = %.10g\n", text, value);
  return value;
}
COLONY_EXPORT(double, evaluate, const char *);
