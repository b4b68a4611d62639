// The same code in a process of the usual kind: one that lives on from file to file.
#include <stdio.h>
#include "header.c"

int main(int count, char **names) {
  for (int i = 1; i < count; i++) {
    static uint8_t file[1 << 16];
    FILE *stream = fopen(names[i], "rb");
    if (stream == NULL) return 1;
    const size_t size = fread(file, 1, sizeof file, stream);
    fclose(stream);
    const struct header header = look(file, size, 128);
    printf("whole: %d, changed: %u, extra: %u\n", header.whole, header.changed, header.extra);
    fflush(stdout);
  }
}
