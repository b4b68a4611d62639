// doctest's entry point, and the list of what was skipped: no silent pass.
#define DOCTEST_CONFIG_IMPLEMENT
#include <doctest/doctest.h>

#include <cstdio>

#include "support/machine.h"

int main(int argc, char** argv) {
  doctest::Context context(argc, argv);
  const auto& kvm = colony::test::open_kvm();
  if (!kvm) std::printf("SKIPPED every test that needs KVM: %s\n", kvm.error().message.c_str());
  const int failed = context.run();
  if (!kvm) std::printf("SKIPPED every test that needs KVM: %s\n", kvm.error().message.c_str());
  return failed;
}
