#include <cstdio>
#include "part.h"

int main() { std::printf("%d\n", part(21)); }
