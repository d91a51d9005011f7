#pragma once

#include <string_view>

#include "json.hpp"

namespace textkit {

/// What there is to say of a Markdown document.
Json report(std::string_view markdown);

}  // namespace textkit
