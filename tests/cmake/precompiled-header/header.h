#pragma once
#include <cstddef>
#define VALUE 1
