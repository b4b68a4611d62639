// Included first in every source of the runtime. A program may define functions with these names, as it may with the
// archive of native targets.
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
