#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace textkit {

/// What there is to say of a row of numbers.
struct Summary {
    double mean;
    double median;
    double deviation;
    double least;
    double greatest;
};

/// Summarizes numbers, of which there must be one at least.
Summary summarize(std::vector<double> numbers);

/// The `count` most frequent items and how often they occur; equals are in alphabetical order.
std::vector<std::pair<std::string, std::size_t>> most_frequent(const std::vector<std::string>& items,
                                                               std::size_t count);

/// How alike two texts each are, from 0 to 1: the cosine of the angle between their counts of words.
std::vector<std::vector<double>> similarities(const std::vector<std::string>& texts);

}  // namespace textkit
