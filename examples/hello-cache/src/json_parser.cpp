#include <algorithm>
#include <functional>
#include <locale>
#include <sstream>
#include <stdexcept>

#include "json.hpp"

namespace textkit {
namespace {

class Parser {
public:
    explicit Parser(std::string_view text) : text_(text) {}

    Json document() {
        Json json = value();
        skip_space();
        if (at_ != text_.size()) {
            fail("the end");
        }
        return json;
    }

private:
    Json value() {
        skip_space();
        switch (peek()) {
            case '{': return {object()};
            case '[': return {array()};
            case '"': return {string()};
            case 't': return word("true", {true});
            case 'f': return word("false", {false});
            case 'n': return word("null", {nullptr});
            default: return {number()};
        }
    }

    JsonObject object() {
        JsonObject object;
        items('{', '}', [&] {
            skip_space();
            std::string key = string();
            skip_space();
            expect(':');
            object.insert_or_assign(std::move(key), value());
        });
        return object;
    }

    JsonArray array() {
        JsonArray array;
        items('[', ']', [&] { array.push_back(value()); });
        return array;
    }

    void items(char open, char close, const std::function<void()>& item) {
        expect(open);
        skip_space();
        if (peek() != close) {
            item();
            for (skip_space(); peek() == ','; skip_space()) {
                ++at_;
                item();
            }
        }
        expect(close);
    }

    std::string string() {
        expect('"');
        std::string result;
        while (peek() != '"') {
            result += peek() == '\\' ? escape() : text_[at_++];
        }
        ++at_;
        return result;
    }

    char escape() {
        ++at_;
        switch (const char c = peek(); ++at_, c) {
            case 'n': return '\n';
            case 't': return '\t';
            case 'r': return '\r';
            case 'u': return code();
            default: return c;
        }
    }

    // Only \u escapes of ASCII characters are supported: the writer creates no others.
    char code() {
        const std::string digits(text_.substr(at_, 4));
        const bool is_hex = digits.find_first_not_of("0123456789abcdefABCDEF") == std::string::npos;
        if (digits.size() != 4 || !is_hex || digits.compare(0, 2, "00") != 0 || digits[2] > '7') {
            fail("the code of an ASCII character");
        }
        at_ += 4;
        return static_cast<char>(std::stoi(digits, nullptr, 16));
    }

    double number() {
        const std::size_t end = std::min(text_.find_first_not_of("+-.0123456789eE", at_), text_.size());
        std::istringstream digits{std::string(text_.substr(at_, end - at_))};
        digits.imbue(std::locale::classic());
        double number = 0.0;
        if (!(digits >> number) || digits.peek() != std::istringstream::traits_type::eof()) {
            fail("a value");
        }
        at_ = end;
        return number;
    }

    Json word(std::string_view word, Json json) {
        if (text_.substr(at_, word.size()) != word) {
            fail(std::string(word));
        }
        at_ += word.size();
        return json;
    }

    char peek() const { return at_ < text_.size() ? text_[at_] : fail("more text"); }

    void expect(char c) {
        if (peek() != c) {
            fail(std::string(1, c));
        }
        ++at_;
    }

    void skip_space() {
        at_ = std::min(text_.find_first_not_of(" \t\r\n", at_), text_.size());
    }

    [[noreturn]] char fail(const std::string& expected) const {
        throw std::invalid_argument("expected " + expected + " at " + std::to_string(at_));
    }

    std::string_view text_;
    std::size_t at_ = 0;
};

}  // namespace

Json parse_json(std::string_view text) { return Parser(text).document(); }

}  // namespace textkit
