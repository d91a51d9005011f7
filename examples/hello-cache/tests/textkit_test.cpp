#include <cmath>
#include <iostream>
#include <stdexcept>

#include "calendar.hpp"
#include "csv.hpp"
#include "json.hpp"
#include "report.hpp"
#include "statistics.hpp"
#include "text.hpp"

namespace {

int failures = 0;

void check(bool condition, const char* what) {
    if (!condition) {
        std::cerr << "wrong: " << what << '\n';
        ++failures;
    }
}

void test_json() {
    const std::string text = R"({"a":[1,-2.5,true,null],"b":{"c":"x\"y"}})";
    check(textkit::to_string(textkit::parse_json(text)) == text, "JSON that is read and written stays the same");
    check(textkit::parse_json(" [ 1 , 2 ] ") == textkit::parse_json("[1,2]"), "space does not matter");
    check(textkit::parse_json(R"("\u000a")") == textkit::Json{std::string("\n")}, "an escaped character");
    for (const char* wrong : {"", "[1,]", "{\"a\"}", "tru", "1 2"}) {
        try {
            textkit::parse_json(wrong);
            check(false, wrong);
        } catch (const std::invalid_argument&) {
        }
    }
}

void test_text() {
    check(textkit::words("It's a well-known Fact.").size() == 4, "words");
    check(textkit::sentences("One. Two! Three?").size() == 3, "sentences");
    check(textkit::headings("# A\n```\n# not this\n```\n## B ##\n").size() == 2, "headings");
    check(textkit::links("[a](b.md) and [c](d)").back() == "d", "links");
    check(textkit::suggestions("compilr", {"cache", "compiler", "compile"}, 2).size() == 2, "suggestions");
}

void test_numbers() {
    const textkit::Summary summary = textkit::summarize({4, 1, 3, 2});
    check(summary.mean == 2.5 && summary.median == 2.5 && summary.greatest == 4, "summary");
    const auto alike = textkit::similarities({"cache of objects", "objects in a cache", "weather"});
    check(std::abs(alike[0][1] - 1.0) < 1e-9 && alike[0][2] == 0.0, "similarity");
    check(textkit::most_frequent({"b", "a", "b", "c"}, 2).back().first == "a", "most frequent");
}

void test_tables_and_dates() {
    const std::string table = "name,note\nx,\"a \"\"b\"\", c\"\n";
    check(textkit::to_csv(textkit::parse_csv(table)) == table, "CSV that is read and written stays the same");
    check(textkit::dates("2023-02-29 2024-02-29").size() == 1, "dates");
    check(textkit::weekday({2024, 2, 29}) == "Thursday", "weekday");
}

void test_report() {
    const textkit::Json json = textkit::report("# Title\n\nA cache keeps objects. Objects fill the cache.\n");
    check(std::get<textkit::JsonObject>(json.value).at("words") == textkit::Json{9.0}, "report");
    const std::string text = textkit::to_string(json);
    check(textkit::to_string(textkit::parse_json(text)) == text, "a report is JSON");
}

}  // namespace

int main() {
    test_json();
    test_text();
    test_numbers();
    test_tables_and_dates();
    test_report();
    return failures == 0 ? 0 : 1;
}
