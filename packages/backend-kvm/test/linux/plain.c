// Arguments, environment, standard input and files, for every way of linking.
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int main(int count, char **arguments) {
  for (int i = 1; i < count; i++) printf("%d %s\n", i, arguments[i]);
  printf("%s\n", getenv("PROBE"));
  char line[256];
  while (fgets(line, sizeof line, stdin) != NULL) printf("read %zu %s", strlen(line), line);
  FILE *file = fopen("made", "w");
  fprintf(file, "%.17g\n", sqrt(strtod(arguments[1], NULL)));
  fclose(file);
  char *blocks[64];
  for (int i = 0; i < 64; i++) memset(blocks[i] = malloc((size_t)1 << (i % 20)), i, (size_t)1 << (i % 20));
  for (int i = 0; i < 64; i++) free(blocks[i]);
  fprintf(stderr, "done\n");
  return 7;
}
