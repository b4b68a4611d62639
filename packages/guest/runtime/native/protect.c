#include "runtime.h"

// Returns 0, and 1 after runtime_unwind. In invoke.S.
__attribute__((returns_twice)) int runtime_catch(struct catch_point *point);

void runtime_protect(struct row *row) {
  if (runtime_catch(&row->session->point) == 0) runtime_row(row);
}
