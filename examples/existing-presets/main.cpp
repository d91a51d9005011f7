#include <cstdio>

int part(int value);

int main() { return std::printf("%d\n", part(21)) > 0 ? 0 : 1; }
