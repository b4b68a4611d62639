#include "boot/wasm32/imports.h"
#include "runtime.h"

#include <string.h>

#define CALL(type) ((type(*)(const uint64_t *))invocation->function)(invocation->slots)
#define INTEGER(type) invocation->integer = (uint64_t)CALL(type)

static void call_for_bytes(struct invocation *invocation) {
  colony_bytes bytes = CALL(colony_bytes);
  invocation->integer = (uintptr_t)bytes.data;
  invocation->length = bytes.len;
}

void runtime_invoke(struct invocation *invocation) {
  switch (invocation->code) {
    case 'v': CALL(void); break;
    case 'b': INTEGER(bool); break;
    case 'c': INTEGER(int8_t); break;
    case 'C': INTEGER(uint8_t); break;
    case 's': INTEGER(int16_t); break;
    case 'S': INTEGER(uint16_t); break;
    case 'i': INTEGER(int32_t); break;
    case 'I': INTEGER(uint32_t); break;
    case 'l': INTEGER(int64_t); break;
    case 'L': INTEGER(uint64_t); break;
    case 't': invocation->integer = (uintptr_t)CALL(const char *); break;
    case 'y': call_for_bytes(invocation); break;
    case 'f': {
      float value = CALL(float);
      memcpy(&invocation->vector, &value, sizeof value);
      break;
    }
    default: {
      double value = CALL(double);
      memcpy(&invocation->vector, &value, sizeof value);
    }
  }
}

void runtime_protect(struct row *row) { host_protect(row); }

_Noreturn void runtime_unwind(struct catch_point *point) {
  (void)point;
  host_throw();
}
