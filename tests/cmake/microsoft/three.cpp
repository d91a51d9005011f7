#include "value.h"
int three() { return VALUE; }
