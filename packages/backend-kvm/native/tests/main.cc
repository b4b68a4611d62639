// doctest's entry point, and the list of skipped tests: no silent pass.
#define DOCTEST_CONFIG_IMPLEMENT
#include <doctest/doctest.h>

#include <cstdio>

#include "support/machine.h"

int main(int argc, char** argv) {
  doctest::Context context(argc, argv);
  const int failed = context.run();
  const auto& kvm = colony::test::open_kvm();
  if (!kvm)
    std::printf("SKIPPED %d of them, which need KVM: %s\n", colony::test::skipped_tests(), kvm.error().message.c_str());
  return failed;
}
