#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace textkit {

/// A match of a pattern: the whole match first, then its groups.
using Match = std::vector<std::string>;

/// All matches of a regular expression in a text, from left to right.
std::vector<Match> find_all(std::string_view text, const std::string& pattern);

}  // namespace textkit
