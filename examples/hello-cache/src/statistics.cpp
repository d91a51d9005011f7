#include "statistics.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>
#include <stdexcept>
#include <tuple>
#include <unordered_map>

namespace textkit {

Summary summarize(std::vector<double> numbers) {
    if (numbers.empty()) {
        throw std::invalid_argument("nothing to summarize");
    }
    std::sort(numbers.begin(), numbers.end());
    const auto count = static_cast<double>(numbers.size());
    const double mean = std::accumulate(numbers.begin(), numbers.end(), 0.0) / count;
    const double squares = std::transform_reduce(numbers.begin(), numbers.end(), 0.0, std::plus<>(),
                                                 [mean](double x) { return (x - mean) * (x - mean); });
    const std::size_t middle = numbers.size() / 2;
    const double median =
        numbers.size() % 2 == 1 ? numbers[middle] : (numbers[middle - 1] + numbers[middle]) / 2.0;
    return {mean, median, std::sqrt(squares / count), numbers.front(), numbers.back()};
}

std::vector<std::pair<std::string, std::size_t>> most_frequent(const std::vector<std::string>& items,
                                                               std::size_t count) {
    std::unordered_map<std::string, std::size_t> counts;
    for (const auto& item : items) {
        ++counts[item];
    }
    std::vector<std::pair<std::string, std::size_t>> ranking(counts.begin(), counts.end());
    const auto middle = ranking.begin() + static_cast<std::ptrdiff_t>(std::min(count, ranking.size()));
    std::partial_sort(ranking.begin(), middle, ranking.end(), [](const auto& left, const auto& right) {
        return std::tie(right.second, left.first) < std::tie(left.second, right.first);
    });
    ranking.erase(middle, ranking.end());
    return ranking;
}

}  // namespace textkit
