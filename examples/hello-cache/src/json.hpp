#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace textkit {

struct Json;
using JsonArray = std::vector<Json>;
using JsonObject = std::map<std::string, Json>;

/// A JSON value.
struct Json {
    std::variant<std::nullptr_t, bool, double, std::string, JsonArray, JsonObject> value = nullptr;
};

bool operator==(const Json& left, const Json& right);

/// The text of a value, on one line.
std::string to_string(const Json& json);

/// Parses a value; throws std::invalid_argument with the position of an error.
Json parse_json(std::string_view text);

}  // namespace textkit
