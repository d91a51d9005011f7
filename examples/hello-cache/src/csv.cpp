#include "csv.hpp"

#include <algorithm>
#include <iterator>
#include <regex>
#include <sstream>

namespace textkit {
namespace {

std::string unquoted(const std::string& cell) {
    static const std::regex doubled("\"\"");
    return std::regex_replace(cell, doubled, "\"");
}

std::string quoted_if_needed(const std::string& cell) {
    static const std::regex special("[\",\\r\\n]");
    static const std::regex quote("\"");
    return std::regex_search(cell, special) ? '"' + std::regex_replace(cell, quote, "\"\"") + '"' : cell;
}

}  // namespace

std::vector<CsvRow> parse_csv(std::string_view text) {
    // A quoted or a plain cell, and its separator.
    static const std::regex cell("(?:\"((?:[^\"]|\"\")*)\"|([^,\\r\\n]*))(,|\\r?\\n|$)");
    std::vector<CsvRow> rows;
    CsvRow row;
    std::string input(text);
    for (std::smatch match; !input.empty() && std::regex_search(input, match, cell);) {
        row.push_back(match[1].matched ? unquoted(match.str(1)) : match.str(2));
        if (match.str(3) != ",") {
            rows.push_back(std::move(row));
            row = {};
        }
        input = match.suffix();
    }
    return rows;
}

std::string to_csv(const std::vector<CsvRow>& rows) {
    std::ostringstream out;
    for (const auto& row : rows) {
        CsvRow cells(row.size());
        std::transform(row.begin(), row.end(), cells.begin(), quoted_if_needed);
        const char* separator = "";
        for (const auto& cell : cells) {
            out << separator << cell;
            separator = ",";
        }
        out << '\n';
    }
    return out.str();
}

}  // namespace textkit
