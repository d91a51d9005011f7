#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace textkit {

using CsvRow = std::vector<std::string>;

/// Parses a table; cells may be quoted.
std::vector<CsvRow> parse_csv(std::string_view text);

/// Writes a table; quotes only the cells that need it.
std::string to_csv(const std::vector<CsvRow>& rows);

}  // namespace textkit
