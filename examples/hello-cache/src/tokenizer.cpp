#include <algorithm>
#include <iterator>
#include <locale>

#include "pattern.hpp"
#include "text.hpp"

namespace textkit {
namespace {

std::vector<std::string> texts_of(const std::vector<Match>& matches) {
    std::vector<std::string> texts;
    std::transform(matches.begin(), matches.end(), std::back_inserter(texts),
                   [](const Match& match) { return match.front(); });
    return texts;
}

}  // namespace

std::vector<std::string> words(std::string_view text) {
    std::vector<std::string> found = texts_of(find_all(text, R"([A-Za-z]+(?:['-][A-Za-z]+)*)"));
    for (auto& word : found) {
        std::transform(word.begin(), word.end(), word.begin(),
                       [](char c) { return std::tolower(c, std::locale::classic()); });
    }
    return found;
}

std::vector<std::string> sentences(std::string_view text) {
    return texts_of(find_all(text, R"([^\s.!?][^.!?]*[.!?]?)"));
}

}  // namespace textkit
