// The guest physical layout of a booting guest, for C and the assembler.
//
//   0x01000  page tables: PML4, PDPT, one PD of 512 pages of 2 MiB
//   0x05000  time stamps, 32 bits each
//   0x08000  text and descriptor tables
#define BOOT_TABLES 0x1000
#define BOOT_STAMPS 0x5000
#define BOOT_TEXT 0x8000
#define BOOT_MEMORY 0x200000
