#include "value.h"
int one(void) { return VALUE; }
