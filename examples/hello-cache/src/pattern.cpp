#include "pattern.hpp"

#include <regex>

namespace textkit {

std::vector<Match> find_all(std::string_view text, const std::string& pattern) {
    const std::regex expression(pattern);
    std::vector<Match> found;
    for (std::cregex_iterator match(text.data(), text.data() + text.size(), expression), end; match != end; ++match) {
        found.emplace_back(match->begin(), match->end());
    }
    return found;
}

}  // namespace textkit
