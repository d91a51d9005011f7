#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace textkit {

/// A place that a pattern fits: all of it first, then its groups.
using Match = std::vector<std::string>;

/// All places in a text that a regular expression fits, from left to right.
std::vector<Match> find_all(std::string_view text, const std::string& pattern);

}  // namespace textkit
