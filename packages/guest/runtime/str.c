// The string functions that a program without a libc expects.
#include <stdlib.h>
#include <string.h>

size_t strlen(const char *text) {
  const char *end = text;
  while (*end != 0) end++;
  return (size_t)(end - text);
}

size_t strnlen(const char *text, size_t most) {
  const char *end = memchr(text, 0, most);
  return end == NULL ? most : (size_t)(end - text);
}

int strncmp(const char *a, const char *b, size_t most) {
  for (; most > 0; most--, a++, b++) {
    if (*a != *b || *a == 0) return (unsigned char)*a - (unsigned char)*b;
  }
  return 0;
}

int strcmp(const char *a, const char *b) { return strncmp(a, b, (size_t)-1); }

char *strchr(const char *text, int c) {
  for (;; text++) {
    if (*text == (char)c) return (char *)text;
    if (*text == 0) return NULL;
  }
}

char *strrchr(const char *text, int c) {
  const char *found = NULL;
  for (;; text++) {
    if (*text == (char)c) found = text;
    if (*text == 0) return (char *)found;
  }
}

char *strstr(const char *text, const char *part) {
  size_t length = strlen(part);
  for (;; text++) {
    if (strncmp(text, part, length) == 0) return (char *)text;
    if (*text == 0) return NULL;
  }
}

size_t strspn(const char *text, const char *set) {
  size_t count = 0;
  while (text[count] != 0 && strchr(set, text[count]) != NULL) count++;
  return count;
}

size_t strcspn(const char *text, const char *set) {
  size_t count = 0;
  while (text[count] != 0 && strchr(set, text[count]) == NULL) count++;
  return count;
}

char *strpbrk(const char *text, const char *set) {
  text += strcspn(text, set);
  return *text == 0 ? NULL : (char *)text;
}

char *strcpy(char *restrict to, const char *restrict from) {
  memcpy(to, from, strlen(from) + 1);
  return to;
}

char *strncpy(char *restrict to, const char *restrict from, size_t size) {
  size_t length = strnlen(from, size);
  memcpy(to, from, length);
  memset(to + length, 0, size - length);
  return to;
}

char *strcat(char *restrict to, const char *restrict from) {
  strcpy(to + strlen(to), from);
  return to;
}

char *strncat(char *restrict to, const char *restrict from, size_t most) {
  size_t length = strnlen(from, most);
  char *end = to + strlen(to);
  memcpy(end, from, length);
  end[length] = 0;
  return to;
}

char *strdup(const char *text) {
  size_t size = strlen(text) + 1;
  char *copy = malloc(size);
  return copy == NULL ? NULL : memcpy(copy, text, size);
}
