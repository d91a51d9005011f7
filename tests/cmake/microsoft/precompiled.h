#define ONLY_THERE 5
