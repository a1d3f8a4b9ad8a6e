#include "core/broker/secret_request.h"

#include <algorithm>
#include <array>
#include <string_view>

#include <fmt/format.h>

#include "core/base/json.h"
#include "core/base/limits.h"
#include "core/base/url.h"
#include "core/broker/secret_url.h"

namespace stagerun {
namespace {

using Place = std::pair<std::string_view, std::string_view>;

// Kinds, and the members in which handles may stand; in an object's values, never in its names.
constexpr std::array<Place, 11> kPlaces = {{{"process/1", "env"},
                                            {"process/1", "input"},
                                            {"http/1", "url"},
                                            {"http/1", "headers"},
                                            {"http/1", "body"},
                                            {"file/1", "text"},
                                            {"secret/1", "value"},
                                            {"secret/1", "prefix"},
                                            {"secret/1", "to"},
                                            {"secret/1", "key"},
                                            {"secret/1", "members"}}};

bool may_hold(std::string_view kind, std::string_view member) {
  return std::find(kPlaces.begin(), kPlaces.end(), Place{kind, member}) != kPlaces.end();
}

Error misplaced(std::string_view member) {
  return Error{ErrorCode::usage, fmt::format("no secret may stand in {}", member), ""};
}

// How a value is written where its handle stood.
using Form = SecretStore::Form;

std::string within_json_text(std::string_view value) {
  const std::string quoted = render_json(Value(value));
  return quoted.substr(1, quoted.size() - 2);
}

bool is_form(const Value& request) {
  const Value* headers = request.find("headers");
  if (headers == nullptr || headers->members() == nullptr) return false;
  return std::any_of(headers->members()->begin(), headers->members()->end(), [](const auto& one) {
    return ascii_lower(one.first) == "content-type" && one.second.text() != nullptr &&
           one.second.text()->starts_with("application/x-www-form-urlencoded");
  });
}

// In JSON with the handles in its texts, and in a form, a value must not end what it stands in.
Form body_form(const Value& request) {
  if (is_form(request)) return percent_encode;
  return parse_json(request.text_or("body")) ? within_json_text : nullptr;
}

class Opener {
 public:
  Opener(const SecretStore& secrets, const SecretGrants& grants)
      : secrets_(secrets), grants_(grants) {}

  Result<std::string> open_text(const std::string& text, Form form = nullptr) {
    TRY_ASSIGN(std::string opened, secrets_.expand(text, grants_, form));
    bytes_ += opened.size();
    if (bytes_ > limits::kOpenedBytes) {
      return Error{ErrorCode::usage, "with its secrets the request is too large", ""};
    }
    return opened;
  }

  // The host must be plain to see, or be the secret's own.
  Result<std::string> open_url(const std::string& url) {
    const auto place = secrets_.find_handle(url);
    if (place && place->begin == 0 && place->end == url.size()) return open_text(url);
    if (place && place->begin < url.find('?')) return misplaced("a `url` before its query");
    return open_text(url, percent_encode);
  }

  Status open_all(std::string_view member, Value& value) {
    if (auto* text = value.text()) {
      TRY_ASSIGN(*text, open_text(*text));
    }
    if (auto* items = value.items()) {
      for (Value& item : *items) TRY(open_all(member, item));
    }
    if (auto* members = value.members()) {
      for (auto& [key, inner] : *members) {
        if (secrets_.has_handle(key)) return misplaced(fmt::format("a name in `{}`", member));
        TRY(open_all(member, inner));
      }
    }
    return {};
  }

  bool is_clean(const Value& value) const {
    if (const auto* text = value.text()) return !secrets_.has_handle(*text);
    if (const auto* items = value.items()) {
      return std::all_of(items->begin(), items->end(),
                         [this](const Value& item) { return is_clean(item); });
    }
    if (const auto* members = value.members()) {
      return std::all_of(members->begin(), members->end(), [this](const Value::Member& member) {
        return !secrets_.has_handle(member.first) && is_clean(member.second);
      });
    }
    return true;
  }

  Status open_member(const std::string& kind, const Value& request, const std::string& name,
                     Value& value) {
    if (secrets_.has_handle(name)) return misplaced("a member's name");
    if (!may_hold(kind, name)) {
      return is_clean(value) ? Status() : misplaced(fmt::format("`{}`", name));
    }
    std::string* text = value.text();
    if (text == nullptr || !secrets_.has_handle(*text)) return open_all(name, value);
    if (name == "url") {
      TRY_ASSIGN(*text, open_url(*text));
    } else {
      TRY_ASSIGN(*text, open_text(*text, name == "body" ? body_form(request) : nullptr));
    }
    return {};
  }

 private:
  const SecretStore& secrets_;
  const SecretGrants& grants_;
  std::size_t bytes_ = 0;
};

}  // namespace

std::variant<Value, Refusal> open_request(const std::string& kind, const Value& request,
                                          const SecretStore& secrets, const SecretGrants& grants) {
  Value opened = request;
  if (opened.members() == nullptr) return opened;
  Opener opener(secrets, grants);
  for (auto& [name, value] : *opened.members()) {
    if (Status status = opener.open_member(kind, request, name, value); !status) {
      return Refusal{"effect.secret", status.error().text};
    }
  }
  return opened;
}

}  // namespace stagerun
