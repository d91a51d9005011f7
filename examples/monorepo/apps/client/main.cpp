#include <cstdio>
#include "common.h"

int main() { std::printf("client %d\n", common(21)); }
