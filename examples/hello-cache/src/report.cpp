#include "report.hpp"

#include <algorithm>
#include <functional>
#include <iterator>
#include <numeric>

#include "calendar.hpp"
#include "statistics.hpp"
#include "text.hpp"

namespace textkit {
namespace {

template <typename Items, typename Function>
JsonArray to_array(const Items& items, Function to_json) {
    JsonArray array;
    std::transform(items.begin(), items.end(), std::back_inserter(array), to_json);
    return array;
}

Json number(std::size_t count) { return {static_cast<double>(count)}; }

Json length_of_sentences(const std::vector<std::string>& found) {
    if (found.empty()) {
        return {};
    }
    std::vector<double> lengths(found.size());
    std::transform(found.begin(), found.end(), lengths.begin(),
                   [](const std::string& sentence) { return static_cast<double>(words(sentence).size()); });
    const Summary summary = summarize(lengths);
    return {JsonObject{{"mean", {summary.mean}}, {"median", {summary.median}}, {"greatest", {summary.greatest}}}};
}

double mean_similarity_of_neighbours(const std::vector<std::string>& found) {
    const auto alike = similarities(found);
    double sum = 0.0;
    for (std::size_t i = 1; i < alike.size(); ++i) {
        sum += alike[i][i - 1];
    }
    return alike.size() < 2 ? 0.0 : sum / static_cast<double>(alike.size() - 1);
}

}  // namespace

Json report(std::string_view markdown) {
    std::vector<std::string> all = words(markdown);
    const std::size_t count = all.size();
    all.erase(std::remove_if(all.begin(), all.end(),
                             [](const std::string& word) { return word.size() < 4; }),
              all.end());
    const std::vector<std::string> found = sentences(markdown);
    return {JsonObject{
        {"words", number(count)},
        {"sentences", number(found.size())},
        {"words_per_sentence", length_of_sentences(found)},
        {"coherence", {mean_similarity_of_neighbours(found)}},
        {"keywords", {to_array(most_frequent(all, 5), [](const auto& entry) { return Json{entry.first}; })}},
        {"headings", {to_array(headings(markdown), [](const Heading& heading) { return Json{heading.title}; })}},
        {"links", {to_array(links(markdown), [](const std::string& link) { return Json{link}; })}},
        {"weekdays", {to_array(dates(markdown), [](const Date& date) { return Json{weekday(date)}; })}},
    }};
}

}  // namespace textkit
