#include <cstdio>
int base();
int main() { std::printf("%d %d\n", VALUE, base()); }
