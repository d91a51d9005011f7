#include <algorithm>
#include <iterator>
#include <sstream>

#include "pattern.hpp"
#include "text.hpp"

namespace textkit {

std::vector<Heading> headings(std::string_view markdown) {
    std::vector<Heading> found;
    std::istringstream lines{std::string(markdown)};
    bool in_code = false;
    for (std::string line; std::getline(lines, line);) {
        if (line.rfind("```", 0) == 0) {
            in_code = !in_code;
        } else if (!in_code && line.rfind('#', 0) == 0) {
            for (const Match& match : find_all(line, R"(^(#{1,6})\s+(.*?)\s*#*\s*$)")) {
                found.push_back({static_cast<int>(match[1].size()), match[2]});
            }
        }
    }
    return found;
}

std::vector<std::string> links(std::string_view markdown) {
    const std::vector<Match> matches = find_all(markdown, R"(\[[^\]]*\]\(([^)\s]+)\))");
    std::vector<std::string> targets;
    std::transform(matches.begin(), matches.end(), std::back_inserter(targets),
                   [](const Match& match) { return match[1]; });
    return targets;
}

}  // namespace textkit
