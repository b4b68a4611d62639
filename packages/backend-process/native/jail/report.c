#include "jail.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

void report_text(struct report *report, const char *name, const char *value) {
  size_t room = sizeof report->text - report->length;
  int length = snprintf(report->text + report->length, room, "%s=%s\n", name, value);
  if (length < 0 || (size_t)length >= room) die("the report is too long at", name, 0);
  report->length += (size_t)length;
}

void report_number(struct report *report, const char *name, uint64_t value) {
  char digits[24];
  snprintf(digits, sizeof digits, "%llu", (unsigned long long)value);
  report_text(report, name, digits);
}

void report_send(const struct report *report) {
  uint8_t frame[4 + sizeof report->text];
  for (int i = 0; i < 4; i++) frame[i] = (uint8_t)(report->length >> 8 * i);
  memcpy(frame + 4, report->text, report->length);
  size_t size = 4 + report->length;
  if (write(CHANNEL, frame, size) != (ssize_t)size) die("writing the report", "", errno);
}
