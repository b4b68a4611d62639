#include "facts.h"

#include "files/files.h"
#include "process/process.h"

struct host_facts call_facts;
static const uint64_t *tsc_khz;
static bool unknown, ungranted;

void facts_begin(const uint64_t *frequency) {
  tsc_khz = frequency;
  clock_begin(*tsc_khz);
}

void facts_start(void) {
  host_facts(&call_facts);
  clock_begin(*tsc_khz);
  clock_start(&call_facts);
  random_start(&call_facts);
}

void facts_start_later(uint64_t monotonic) {
  clock_resume(*tsc_khz, monotonic);
  unknown = ungranted = true;
}

void process_need_facts(void) {
  if (!unknown) return;
  unknown = false;
  host_facts(&call_facts);
  clock_set_real(&call_facts);
  random_start(&call_facts);
}

void files_need_grants(void) {
  if (!ungranted) return;
  ungranted = false;
  process_need_facts();
  files_grant(&call_facts);
}
