#include <algorithm>
#include <map>
#include <numeric>
#include <string_view>

#include "text.hpp"

namespace textkit {
namespace {

std::size_t edit_distance(const std::string& left, const std::string& right) {
    std::vector<std::size_t> row(right.size() + 1);
    std::iota(row.begin(), row.end(), std::size_t{0});
    for (std::size_t i = 1; i <= left.size(); ++i) {
        std::size_t diagonal = row[0];
        row[0] = i;
        for (std::size_t j = 1; j <= right.size(); ++j) {
            const std::size_t replaced = diagonal + (left[i - 1] == right[j - 1] ? 0 : 1);
            diagonal = row[j];
            row[j] = std::min({row[j] + 1, row[j - 1] + 1, replaced});
        }
    }
    return row.back();
}

// Inflected forms such as plurals are not mistakes.
std::string stem(const std::string& word) {
    for (const std::string_view ending : {"ing", "ed", "es", "s"}) {
        if (word.size() > ending.size() && word.compare(word.size() - ending.size(), ending.size(), ending) == 0) {
            return word.substr(0, word.size() - ending.size());
        }
    }
    return word;
}

}  // namespace

std::vector<std::string> suggestions(const std::string& word, const std::vector<std::string>& vocabulary,
                                     std::size_t distance) {
    std::multimap<std::size_t, std::string> by_distance;
    for (const auto& known : vocabulary) {
        const std::size_t edits = stem(known) == stem(word) ? 0 : edit_distance(word, known);
        if (edits <= distance) {
            by_distance.emplace(edits, known);
        }
    }
    std::vector<std::string> nearest;
    std::transform(by_distance.begin(), by_distance.end(), std::back_inserter(nearest),
                   [](const auto& entry) { return entry.second; });
    return nearest;
}

}  // namespace textkit
