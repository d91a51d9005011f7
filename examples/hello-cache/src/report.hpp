#pragma once

#include <string_view>

#include "json.hpp"

namespace textkit {

/// A report about a Markdown document.
Json report(std::string_view markdown);

}  // namespace textkit
