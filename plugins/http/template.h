// Placeholders: $(NAME) in a request stands for a value that an earlier answer gave. $$(NAME) is
// that text itself; whatever else begins with $ is left alone.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <stagerun/stagerun.hpp>

namespace http {

struct Taken {
  std::string json{};
  bool is_secret = false;  // a handle: never saved, and never encoded
};
using Values = std::map<std::string, Taken, std::less<>>;

// The names of all placeholders in a text.
std::vector<std::string> placeholders(std::string_view text);

enum class Place { text, url, form };  // in the last two, values are written as %XX

// The text with its placeholders filled in. All of them must be known.
std::string fill_text(const sr::Call& call, std::string_view text, const Values& values,
                      Place place = Place::text);

// A JSON value with the placeholders in its strings filled in. A string that is nothing but one
// placeholder becomes the value itself, with its type.
std::string fill_json(const sr::Call& call, const std::string& json, const Values& values);

}  // namespace http
