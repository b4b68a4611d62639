// Compares the guest's mem* and str* with the host's, over random bytes of few kinds.
#include <stdbool.h>
#include <string.h>

#include "check.h"

void *guest_memcpy(void *to, const void *from, size_t length);
void *guest_memmove(void *to, const void *from, size_t length);
void *guest_memset(void *to, int byte, size_t length);
int guest_memcmp(const void *a, const void *b, size_t length);
size_t guest_strlen(const char *text);
int guest_strcmp(const char *a, const char *b);
int guest_strncmp(const char *a, const char *b, size_t most);
char *guest_strchr(const char *text, int letter);
char *guest_strrchr(const char *text, int letter);

enum { ROOM = 300, ROUNDS = 100000 };
static char ours[ROOM], theirs[ROOM];

static int sign(int value) { return (value > 0) - (value < 0); }

static void fill(void) {
  for (int i = 0; i < ROOM; i++) theirs[i] = (char)(random_below(4) * 85);
  theirs[ROOM - 1] = 0;
  memcpy(ours, theirs, ROOM);
}

static void memory_calls(void) {
  size_t length = random_below(ROOM / 2), to = random_below(ROOM / 2), from = random_below(ROOM / 2);
  CHECK(sign(guest_memcmp(ours + to, ours + from, length)) == sign(memcmp(theirs + to, theirs + from, length)));
  CHECK(guest_memmove(ours + to, ours + from, length) == ours + to);
  memmove(theirs + to, theirs + from, length);
  CHECK(guest_memset(ours + from, (int)to, length / 4) == ours + from);
  memset(theirs + from, (int)to, length / 4);
  CHECK(guest_memcpy(ours, ours + ROOM / 2, length) == ours);
  memcpy(theirs, theirs + ROOM / 2, length);
  CHECK(memcmp(ours, theirs, ROOM) == 0);
}

// The same place, or none.
static bool same(const char *our, const char *their) {
  return our == NULL || their == NULL ? our == NULL && their == NULL : our - ours == their - theirs;
}

static void text_calls(void) {
  ours[ROOM - 1] = theirs[ROOM - 1] = 0;
  const size_t a = random_below(ROOM), b = random_below(ROOM), most = random_below(10);
  const int letter = (int)random_below(4) * 85;
  CHECK(guest_strlen(ours + a) == strlen(theirs + a));
  CHECK(sign(guest_strcmp(ours + a, ours + b)) == sign(strcmp(theirs + a, theirs + b)));
  CHECK(sign(guest_strncmp(ours + a, ours + b, most)) == sign(strncmp(theirs + a, theirs + b, most)));
  CHECK(same(guest_strchr(ours + a, letter), strchr(theirs + a, letter)));
  CHECK(same(guest_strrchr(ours + a, letter), strrchr(theirs + a, letter)));
}

int main(void) {
  seed_tests();
  for (int i = 0; i < ROUNDS; i++) {
    if (i % 10 == 0) fill();
    memory_calls();
    text_calls();
  }
  puts("string: ok");
}
