#pragma once
#include <string>
#define VALUE 1
