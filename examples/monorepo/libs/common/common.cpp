#include "common.h"

int common(int value) { return 2 * value; }
