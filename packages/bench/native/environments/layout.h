// The guest physical layout of an environment, for C, the assembler and the linker. Virtual addresses are the same.
//
//   0x01000  page tables: PML4, PDPT, PD; by the host for direct entry, by the guest if it boots
//   0x04000  task state segment, zeros
//   0x08000  the image: text, data, zeros
//   ..       stack, down from the limit: 64 KiB for 16-bit code (one segment), all of the memory for the others
#define ENVIRONMENT_TABLES 0x1000
#define ENVIRONMENT_TASK 0x4000
#define ENVIRONMENT_IMAGE 0x8000
#define ENVIRONMENT_DIRECT 0x100   // from the image's start: the entry that changes no mode
#define ENVIRONMENT_STACK 0x1000
#define ENVIRONMENT_SEGMENT 0x10000
#define ENVIRONMENT_MEMORY 0x400000
#define ENVIRONMENT_PORT 203
