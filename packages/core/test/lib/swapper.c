/* Swaps names as fast as it can until its standard input ends, then prints the number of swaps.
 *
 * Arguments: `folder name name` for each pair of names to exchange; then `--` and `folder name target` for each name to
 * make and remove. Such a name is removed, made a link to the target, and removed again. Folders are opened first, so
 * they may be swapped themselves. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct pair {
  int folder;
  const char *a;
  const char *b;
};

int main(int argc, char **argv) {
  struct pair pairs[16];
  int count = 0, made = 0;
  for (int i = 1; i + 2 < argc && count < 16; i += 3) {
    if (strcmp(argv[i], "--") == 0) {
      made = count;
      i++;
    }
    pairs[count++] = (struct pair){open(argv[i], O_PATH | O_DIRECTORY), argv[i + 1], argv[i + 2]};
    if (pairs[count - 1].folder < 0) return 1;
  }
  if (count == 0) return 1;
  struct pollfd input = {0, POLLIN, 0};
  unsigned long swaps = 0;
  for (unsigned int random = 1; (random & 63) != 1 || poll(&input, 1, 0) == 0;
       random = random * 1664525u + 1013904223u) {
    const struct pair *pair = &pairs[(random >> 16) % (unsigned int)count];
    if (pair < pairs + made) {
      /* Swaps back at once, so that the names are right most of the time. */
      for (int i = 0; i < 2; i++)
        if (renameat2(pair->folder, pair->a, pair->folder, pair->b, RENAME_EXCHANGE) != 0) return 1;
      swaps++;
    } else {
      unlinkat(pair->folder, pair->a, 0);
      if ((random & 4096) != 0) (void)!symlinkat(pair->b, pair->folder, pair->a);
    }
    swaps++;
  }
  printf("%lu\n", swaps);
  return 0;
}
