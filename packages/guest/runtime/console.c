#include <colony/virtine.h>

void colony_log(const char *text) { colony_call("colony:console", "log", text); }
