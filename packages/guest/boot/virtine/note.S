#include "../note.h"
