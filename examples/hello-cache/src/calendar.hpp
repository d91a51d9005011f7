#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace textkit {

/// A day of the Gregorian calendar.
struct Date {
    int year;
    int month;
    int day;
};

/// The valid dates in a text in the form 2024-02-29, in order.
std::vector<Date> dates(std::string_view text);

/// The day of the week.
std::string weekday(const Date& date);

}  // namespace textkit
