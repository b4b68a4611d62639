// Instructions that a guest may not execute, or that must not harm the host or the next call. Unless noted, each ends
// in ERR_GUEST_FAULT.
#include <colony/virtine.h>

static uint8_t table[16];  // for instructions that load or store a descriptor table

#define INSTRUCTION(name, code)                                                                       \
  void name(void) {                                                                                   \
    __asm__ volatile(code : : "D"(table) : "memory", "cc", "rax", "rbx", "rcx", "rdx", "r10", "r11"); \
  }                                                                                                   \
  COLONY_EXPORT(void, name)

// ---- Privileged ----
INSTRUCTION(hlt, "hlt");
INSTRUCTION(invd, "invd");
INSTRUCTION(wbinvd, "wbinvd");
INSTRUCTION(clts, "clts");
INSTRUCTION(read_cr0, "mov %%cr0, %%rax");
INSTRUCTION(write_cr0, "mov %%rax, %%cr0");
INSTRUCTION(write_cr3, "mov %%rax, %%cr3");
INSTRUCTION(write_cr4, "mov %%rax, %%cr4");
INSTRUCTION(write_cr8, "mov %%rax, %%cr8");
INSTRUCTION(read_dr7, "mov %%dr7, %%rax");
INSTRUCTION(write_dr7, "mov %%rax, %%dr7");
INSTRUCTION(lgdt, "lgdt (%%rdi)");
INSTRUCTION(lidt, "lidt (%%rdi)");
INSTRUCTION(lldt, "lldt %%ax");
INSTRUCTION(ltr, "ltr %%ax");
INSTRUCTION(lmsw, "lmsw %%ax");
INSTRUCTION(invlpg, "invlpg (%%rdi)");
INSTRUCTION(rdmsr, "mov $0xc0000080, %%ecx; rdmsr");
INSTRUCTION(wrmsr, "mov $0xc0000080, %%ecx; xor %%edx, %%edx; mov $0x501, %%eax; wrmsr");
INSTRUCTION(swapgs, "swapgs");
INSTRUCTION(sysret, "sysretq");
INSTRUCTION(sysexit, "sysexitq");
INSTRUCTION(xsetbv, "xor %%ecx, %%ecx; xor %%edx, %%edx; mov $1, %%eax; xsetbv");
INSTRUCTION(rdpmc, "xor %%ecx, %%ecx; rdpmc");
INSTRUCTION(vmxoff, "vmxoff");
INSTRUCTION(vmrun, "vmrun");
INSTRUCTION(monitor, "mov %%rdi, %%rax; xor %%ecx, %%ecx; xor %%edx, %%edx; monitor");
INSTRUCTION(mwait, "xor %%eax, %%eax; xor %%ecx, %%ecx; mwait");

// ---- Forbidden by UMIP; on a machine without it they pass, and reveal data of the guest only ----
INSTRUCTION(sgdt, "sgdt (%%rdi)");
INSTRUCTION(sidt, "sidt (%%rdi)");
INSTRUCTION(sldt, "sldt %%ax");
INSTRUCTION(str, "str %%ax");
INSTRUCTION(smsw, "smsw %%ax");

// ---- Exceptions ----
INSTRUCTION(ud2, "ud2");
INSTRUCTION(int3, "int3");
INSTRUCTION(int_80, "int $0x80");
INSTRUCTION(int_2, "int $2");
INSTRUCTION(int1, ".byte 0xf1");
INSTRUCTION(syscall, "mov $60, %%eax; syscall");
INSTRUCTION(sysenter, "sysenter");
INSTRUCTION(divide_by_zero, "xor %%ecx, %%ecx; xor %%edx, %%edx; mov $1, %%eax; div %%ecx");
INSTRUCTION(divide_overflow, "mov $0x80000000, %%eax; cltd; mov $-1, %%ecx; idiv %%ecx");
INSTRUCTION(int_iret, "iretq");
INSTRUCTION(far_return, "mov %%rsp, %%rbx; push $0x10; push %%rdi; lretq");
INSTRUCTION(sse_exception, "push $0; ldmxcsr (%%rsp); xorps %%xmm0, %%xmm0; divss %%xmm0, %%xmm0; pop %%rax");
INSTRUCTION(x87_exception, "fninit; push $0x340; fldcw (%%rsp); fld1; fldz; fdivrp; fwait; pop %%rax");
INSTRUCTION(alignment_check,
            "pushf; orl $0x40000, (%%rsp); popf; movl 1(%%rdi), %%eax; pushf; andl $~0x40000, (%%rsp); popf");
INSTRUCTION(single_step, "pushf; orl $0x100, (%%rsp); popf; nop; nop");
INSTRUCTION(noncanonical, "mov $0x800000000000, %%rax; mov (%%rax), %%rax");
INSTRUCTION(noncanonical_stack, "mov %%rsp, %%rbx; mov $0x900000000000, %%rsp; push %%rax; mov %%rbx, %%rsp");
INSTRUCTION(noncanonical_fs, "mov $0x900000000000, %%rax; wrfsbase %%rax");
INSTRUCTION(load_segment, "mov $0x18, %%eax; mov %%ax, %%ds");
INSTRUCTION(load_tss_segment, "mov $0x40, %%eax; mov %%ax, %%es");
INSTRUCTION(load_fs_selector, "mov $0x33, %%eax; mov %%ax, %%fs");

// ---- Without end: ERR_LIMIT_WALL_TIME (loop_out: an unknown operation, ERR_GUEST_PROTOCOL) ----
INSTRUCTION(loop, "1: jmp 1b");
INSTRUCTION(loop_pause, "1: pause; jmp 1b");
INSTRUCTION(loop_vmmcall, "1: vmmcall; jmp 1b");
INSTRUCTION(loop_vmcall, "1: vmcall; jmp 1b");
INSTRUCTION(loop_out, "1: mov $99, %%eax; out %%al, $0xcb; jmp 1b");
INSTRUCTION(loop_cpuid, "1: xor %%eax, %%eax; xor %%ecx, %%ecx; cpuid; jmp 1b");
INSTRUCTION(loop_rdtsc, "1: rdtsc; jmp 1b");

// ---- May pass or fault, depending on the machine; no effect on the next call. cli and sti pass where IOPL is 3 ----
INSTRUCTION(cpuid, "xor %%eax, %%eax; xor %%ecx, %%ecx; cpuid");
INSTRUCTION(rdtsc, "rdtsc");
INSTRUCTION(rdtscp, "rdtscp");
INSTRUCTION(cli, "cli");
INSTRUCTION(sti, "sti");
INSTRUCTION(cli_loop, "cli; 1: jmp 1b");
INSTRUCTION(vmmcall, "vmmcall");
INSTRUCTION(vmcall, "vmcall");
INSTRUCTION(write_fs_base, "mov $0x1234, %%eax; wrfsbase %%rax");
INSTRUCTION(write_gs_base, "mov $0x1234, %%eax; wrgsbase %%rax");
INSTRUCTION(null_segments, "xor %%eax, %%eax; mov %%ax, %%ds; mov %%ax, %%es; mov %%ax, %%fs; mov %%ax, %%gs");
INSTRUCTION(popf_all, "pushf; pop %%rax; or $0x244ed5, %%eax; and $~0x100, %%eax; push %%rax; popf; cld");
INSTRUCTION(direction_flag, "std");
INSTRUCTION(set_ac, "pushf; orl $0x40000, (%%rsp); popf");
INSTRUCTION(set_id, "pushf; orl $0x200000, (%%rsp); popf");
INSTRUCTION(set_nt, "pushf; orl $0x4000, (%%rsp); popf");
INSTRUCTION(prefetch, "mov $0x123456789000, %%rax; prefetcht0 (%%rax)");
INSTRUCTION(clflush, "clflush (%%rdi)");

// ---- Ports other than Colony's: ERR_GUEST_PROTOCOL or ERR_GUEST_FAULT ----
int in_port(uint32_t port) {
  uint32_t value;
  __asm__ volatile("inl %w1, %0" : "=a"(value) : "d"(port));
  return (int)value;
}
COLONY_EXPORT(int, in_port, uint32_t);

void out_port(uint32_t port) { __asm__ volatile("outl %0, %w1" : : "a"(0xfe), "d"(port)); }
COLONY_EXPORT(void, out_port, uint32_t);

// Colony's own port in other widths and as a string operation.
INSTRUCTION(out_wide, "xor %%eax, %%eax; out %%eax, $0xcb");
INSTRUCTION(in_colony, "in $0xcb, %%al");
INSTRUCTION(out_string, "mov %%rdi, %%rsi; mov $0xcb, %%edx; mov $4096, %%ecx; rep outsb");

// ---- A missing descriptor: FS and GS loads may fault or pass; the host must not be affected ----
void load_selector(uint32_t selector) {
  __asm__ volatile("mov %w0, %%ds\n\tmov %w0, %%es\n\tmov %w0, %%fs\n\tmov %w0, %%gs" : : "r"(selector));
}
COLONY_EXPORT(void, load_selector, uint32_t);

// ---- Allowed on every machine: does the context go on? ----
int one(void) { return 1; }
COLONY_EXPORT(int, one);

// ---- Clocks, if they can be read ----
uint64_t time_stamp(void) { return __builtin_ia32_rdtsc(); }
COLONY_EXPORT(uint64_t, time_stamp);
