#pragma once
#include <colony/virtine.h>

int helper(int n);
double from_other_file(int n);
