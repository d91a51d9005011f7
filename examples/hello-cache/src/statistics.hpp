#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace textkit {

/// A summary of a list of numbers.
struct Summary {
    double mean;
    double median;
    double deviation;
    double least;
    double greatest;
};

/// Summarizes a list of at least one number.
Summary summarize(std::vector<double> numbers);

/// The `count` most frequent items and how often they occur; equals are in alphabetical order.
std::vector<std::pair<std::string, std::size_t>> most_frequent(const std::vector<std::string>& items,
                                                               std::size_t count);

/// The similarity of each pair of texts, from 0 to 1: the cosine of the angle between their word counts.
std::vector<std::vector<double>> similarities(const std::vector<std::string>& texts);

}  // namespace textkit
