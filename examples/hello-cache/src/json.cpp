#include "json.hpp"

#include <cmath>
#include <iomanip>
#include <limits>
#include <sstream>

namespace textkit {
namespace {

void write(std::ostream& out, const Json& json);

void write_string(std::ostream& out, const std::string& text) {
    out << '"';
    for (const char c : text) {
        const auto code = static_cast<unsigned char>(c);
        if (c == '"' || c == '\\') {
            out << '\\' << c;
        } else if (code < 0x20) {
            out << "\\u" << std::hex << std::setw(4) << std::setfill('0') << int{code} << std::dec;
        } else {
            out << c;
        }
    }
    out << '"';
}

struct Writer {
    std::ostream& out;

    void operator()(std::nullptr_t) const { out << "null"; }
    void operator()(bool flag) const { out << (flag ? "true" : "false"); }
    void operator()(const std::string& text) const { write_string(out, text); }

    void operator()(double number) const {
        if (std::isfinite(number)) {
            out << std::setprecision(std::numeric_limits<double>::digits10) << number;
        } else {
            out << "null";
        }
    }

    void operator()(const JsonArray& array) const {
        const char* separator = "";
        out << '[';
        for (const auto& item : array) {
            out << separator;
            write(out, item);
            separator = ",";
        }
        out << ']';
    }

    void operator()(const JsonObject& object) const {
        const char* separator = "";
        out << '{';
        for (const auto& [key, item] : object) {
            out << separator;
            write_string(out, key);
            out << ':';
            write(out, item);
            separator = ",";
        }
        out << '}';
    }
};

void write(std::ostream& out, const Json& json) { std::visit(Writer{out}, json.value); }

}  // namespace

bool operator==(const Json& left, const Json& right) { return left.value == right.value; }

std::string to_string(const Json& json) {
    std::ostringstream out;
    write(out, json);
    return out.str();
}

}  // namespace textkit
