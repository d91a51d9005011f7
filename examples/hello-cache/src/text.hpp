#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace textkit {

/// The words of a text, in lower case.
std::vector<std::string> words(std::string_view text);

/// The sentences of a text, without the space around them.
std::vector<std::string> sentences(std::string_view text);

/// A heading of a Markdown document.
struct Heading {
    int level;
    std::string title;
};

/// The headings of a Markdown document, in order.
std::vector<Heading> headings(std::string_view markdown);

/// The targets of the links in a Markdown document, in order.
std::vector<std::string> links(std::string_view markdown);

/// The words of `vocabulary` that are at most `distance` edits away from `word`, nearest first.
std::vector<std::string> suggestions(const std::string& word, const std::vector<std::string>& vocabulary,
                                     std::size_t distance);

}  // namespace textkit
