// Converts KVM's state after a fault to an error that a person can act on.
#pragma once

#include <linux/kvm.h>

#include "base/error.h"
#include "kvm/exit.h"
#include "machine/snapshot.h"

namespace colony {

// The error for an exit that ends a run. Pure: tested with made-up exits and registers.
Error describe_fault(const Exit& exit, const kvm_regs& regs, const kvm_sregs& sregs, const kvm_vcpu_events& events,
                     const Snapshot& snapshot);

const char* fault_name(Fault::Kind kind);

}  // namespace colony
