#include "calendar.hpp"

#include <array>
#include <chrono>
#include <iomanip>
#include <sstream>

#include "pattern.hpp"

namespace textkit {
namespace {

bool is_leap(int year) { return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0; }

bool is_valid(const Date& date) {
    static constexpr std::array<int, 12> lengths{31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    if (date.month < 1 || date.month > 12) {
        return false;
    }
    const int leap_day = date.month == 2 && is_leap(date.year) ? 1 : 0;
    return date.day >= 1 && date.day <= lengths.at(static_cast<std::size_t>(date.month - 1)) + leap_day;
}

}  // namespace

std::vector<Date> dates(std::string_view text) {
    std::vector<Date> found;
    for (const Match& match : find_all(text, R"(\b(\d{4})-(\d{2})-(\d{2})\b)")) {
        const Date date{std::stoi(match[1]), std::stoi(match[2]), std::stoi(match[3])};
        if (is_valid(date)) {
            found.push_back(date);
        }
    }
    return found;
}

std::string weekday(const Date& date) {
    std::tm time{};
    time.tm_year = date.year - 1900;
    time.tm_mon = date.month - 1;
    time.tm_mday = date.day;
    // Noon is on the same day with and without daylight saving time.
    time.tm_hour = 12;
    const auto point = std::chrono::system_clock::from_time_t(std::mktime(&time));
    const std::time_t normalized = std::chrono::system_clock::to_time_t(point);
    std::ostringstream out;
    out.imbue(std::locale::classic());
    out << std::put_time(std::localtime(&normalized), "%A");
    return out.str();
}

}  // namespace textkit
