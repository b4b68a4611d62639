// As many hypercalls as it is told: the difference between two numbers of them is what one costs.
#include <colony/virtine.h>

void ask(int times) {
  for (int i = 0; i < times; i++) colony_call("ping");
}
COLONY_EXPORT(void, ask, int);
