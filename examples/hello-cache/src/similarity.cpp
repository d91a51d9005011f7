#include <algorithm>
#include <set>
#include <unordered_map>

#include "matrix.hpp"
#include "statistics.hpp"
#include "text.hpp"

namespace textkit {
namespace {

// Stop words: frequent words that do not describe the topic of a text.
bool is_stop_word(const std::string& word) {
    static const std::set<std::string> all{"a",  "an", "and", "as", "at",   "by",  "for",  "from", "in",  "is",
                                           "it", "of", "on",  "or", "that", "the", "this", "to",   "was", "with"};
    return all.count(word) > 0;
}

std::vector<std::string> topics(const std::string& text) {
    std::vector<std::string> found = words(text);
    found.erase(std::remove_if(found.begin(), found.end(), is_stop_word), found.end());
    return found;
}

}  // namespace

std::vector<std::vector<double>> similarities(const std::vector<std::string>& texts) {
    std::vector<std::vector<std::string>> topics_of(texts.size());
    std::transform(texts.begin(), texts.end(), topics_of.begin(), topics);
    std::unordered_map<std::string, std::size_t> columns;
    for (const auto& row : topics_of) {
        for (const auto& word : row) {
            columns.emplace(word, columns.size());
        }
    }
    Matrix counts(texts.size(), columns.size());
    for (std::size_t row = 0; row < topics_of.size(); ++row) {
        for (const auto& word : topics_of[row]) {
            counts.at(row, columns.at(word)) += 1.0;
        }
    }
    const Matrix directions = counts.normalized();
    const Matrix cosines = directions * directions.transposed();
    std::vector<std::vector<double>> result(texts.size(), std::vector<double>(texts.size()));
    for (std::size_t row = 0; row < texts.size(); ++row) {
        for (std::size_t column = 0; column < texts.size(); ++column) {
            result[row][column] = cosines.at(row, column);
        }
    }
    return result;
}

}  // namespace textkit
