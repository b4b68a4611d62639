// A small program, to be loaded and never run.
int data[600] = {1, 2, 3};
int nothing[3000];
const char text[] = "read only";

void _start(void) {
  data[0] += nothing[0] + text[0];
  for (;;) {}
}
