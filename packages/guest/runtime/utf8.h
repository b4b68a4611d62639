// UTF-8, as the host's decoder requires it: shortest form, no surrogates, nothing above U+10FFFF.
#ifndef COLONY_RUNTIME_UTF8_H
#define COLONY_RUNTIME_UTF8_H

#include <stddef.h>
#include <stdint.h>

// Returns the length of the valid prefix; `length` if all bytes are valid.
size_t utf8_valid_prefix(const uint8_t *bytes, size_t length);

#endif
