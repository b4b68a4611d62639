// Included first in every source of the runtime: a program may have functions of its own by these names, as it may
// where the runtime is an archive.
#pragma weak memcpy
#pragma weak memmove
#pragma weak memset
#pragma weak memcmp
#pragma weak memchr
#pragma weak strlen
#pragma weak strnlen
#pragma weak strncmp
#pragma weak strcmp
#pragma weak strchr
#pragma weak strrchr
#pragma weak strstr
#pragma weak strspn
#pragma weak strcspn
#pragma weak strpbrk
#pragma weak strcpy
#pragma weak strncpy
#pragma weak strcat
#pragma weak strncat
#pragma weak strdup
