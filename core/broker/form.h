// Form: reads the members of an effect's request and says what is wrong with them, in words for the
// author of the plugin. Errors are the text of a refusal `effect.request`.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/result.h"
#include "core/base/value.h"

namespace stagerun {

class Form {
 public:
  // `request` must outlive the form.
  explicit Form(const Value& request) : request_(request) {}

  // An object, not too large, with no member but these, `purpose` and `id`: a member that means
  // nothing here would be a promise that nobody keeps.
  Status only(std::initializer_list<std::string_view> members) const;

  bool has(std::string_view member) const { return request_.find(member) != nullptr; }
  // The member, or the fallback where it is absent. Text holds no NUL: the kernel would cut it.
  Result<std::string> text(std::string_view member, std::string_view fallback) const;
  // Bytes that the kernel does not cut; nothing where it is absent.
  Result<std::optional<std::string>> payload(std::string_view member) const;
  Result<bool> flag(std::string_view member) const;
  Result<std::int64_t> whole(std::string_view member, std::int64_t fallback, std::int64_t least,
                             std::int64_t most) const;
  Result<std::vector<std::string>> texts(std::string_view member) const;
  Result<std::vector<std::pair<std::string, std::string>>> pairs(std::string_view member) const;

 private:
  const Value& request_;
};

// A form error.
Error malformed(std::string text);

// True for what may be an effect's `id`.
bool is_effect_id(std::string_view id);

// The request as the journal keeps it: a large body, input or text is named by its digest and size.
Value journaled_request(const Value& request);

}  // namespace stagerun
