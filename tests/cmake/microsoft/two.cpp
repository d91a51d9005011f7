#include "value.h"
int two() { return VALUE; }
