// URLs, as far as a plugin looks into them; what is reached, the host decides.
#pragma once

#include <string>
#include <string_view>

#include <stagerun/stagerun.hpp>

namespace http {

// An expression whose value is not known yet stands as it was written.
bool is_open(std::string_view text);
// Something that stands for a secret's value (docs/effects.md).
bool has_handle(std::string_view text);

// Says what is wrong with an address.
void diagnose_url(sr::Call& call, const std::string& pointer, const std::string& url);
void diagnose_duration(sr::Call& call, const std::string& pointer);

// For a person: without what may be secret.
std::string shown_url(std::string_view url);

// Where its path begins; its size where it has none.
std::size_t path_of(std::string_view url);

// All but letters, digits and -._~ as %XX.
std::string percent_encoded(std::string_view text);

}  // namespace http
