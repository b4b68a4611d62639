// The selectors of a virtine's segments, all of privilege level 3. A guest that has a GDT finds these two entries there.
#pragma once

#include <cstdint>

namespace colony {

inline constexpr uint16_t kCodeSelector = 0x33, kDataSelector = 0x2b;

}  // namespace colony
