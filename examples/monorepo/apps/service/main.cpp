#include <cstdio>
#include "common.h"

int main() { std::printf("service %d\n", common(21)); }
