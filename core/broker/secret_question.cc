#include "core/broker/secret_question.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "core/base/limits.h"
#include "core/base/pattern.h"
#include "core/broker/form.h"
#include "core/broker/secret_url.h"

namespace stagerun {
namespace {

using Kind = SecretQuestion::Kind;

struct Named {
  std::string_view op;
  Kind kind;
  std::string_view other;  // the member beside `value` that holds a text
};
constexpr std::array<Named, 8> kOps = {{{"length", Kind::length, ""},
                                        {"has_prefix", Kind::has_prefix, "prefix"},
                                        {"equals", Kind::equals, "to"},
                                        {"matches", Kind::matches, "pattern"},
                                        {"hmac_sha256", Kind::hmac_sha256, "key"},
                                        {"url_part", Kind::url_part, "part"},
                                        {"json_merge", Kind::json_merge, "members"},
                                        {"open", Kind::open, ""}}};

// What an operating system lets a variable be called.
bool is_variable(std::string_view name) {
  return !name.empty() && name.size() <= 255 && name.find('=') == name.npos;
}

Result<std::string> required(const Form& form, std::string_view member) {
  if (!form.has(member)) return malformed(fmt::format("`{}` is missing", member));
  TRY_ASSIGN(auto text, form.payload(member));
  return *std::move(text);
}

Status read_treatment(const Form& form, SecretQuestion& question) {
  TRY_ASSIGN(const std::string treatment, form.text("treat_as", "secret"));
  if (treatment != "secret" && treatment != "checked" && treatment != "plain") {
    return malformed("`treat_as` must be secret, checked or plain");
  }
  question.is_masked = treatment != "plain";
  question.is_withheld = treatment == "secret";
  return {};
}

Result<SecretQuestion> parse_open(const Form& form) {
  SecretQuestion question;
  question.kind = Kind::open;
  TRY(read_treatment(form, question));
  if (form.has("env") == form.has("dotenv")) return malformed("`open` has `env` or `dotenv`");
  if (form.has("env")) {
    TRY(form.only({"op", "env", "treat_as"}));
    TRY_ASSIGN(question.variable, form.text("env", ""));
    if (!is_variable(question.variable)) return malformed("`env` must be a variable's name");
    return question;
  }
  TRY(form.only({"op", "dotenv", "name", "treat_as"}));
  TRY_ASSIGN(question.dotenv, form.text("dotenv", ""));
  TRY_ASSIGN(question.name, form.text("name", ""));
  if (question.dotenv.empty()) return malformed("`dotenv` names no file");
  if (!is_variable(question.name)) return malformed("`name` must be a name in the file");
  return question;
}

Status check_other(const SecretQuestion& question) {
  if (question.kind == Kind::url_part && !is_url_part(question.other)) {
    return malformed("`part` must be scheme, user, host, port, path, query.NAME or password");
  }
  if (question.kind != Kind::matches) return {};
  const Pattern pattern(question.other);
  if (!pattern.is_valid()) return malformed("`pattern`: " + pattern.problem());
  return {};
}

}  // namespace

Result<SecretQuestion> parse_secret(const Value& request) {
  const Form form(request);
  TRY_ASSIGN(const std::string op, form.text("op", ""));
  const auto named =
      std::find_if(kOps.begin(), kOps.end(), [&](const Named& one) { return one.op == op; });
  if (named == kOps.end()) return malformed("`op` is none of secret/1's");
  if (named->kind == Kind::open) return parse_open(form);
  TRY(form.only({"op", "value", named->other}));
  SecretQuestion question;
  question.kind = named->kind;
  TRY_ASSIGN(question.value, required(form, "value"));
  if (question.kind == Kind::json_merge) {
    TRY_ASSIGN(question.members, form.pairs("members"));
  } else if (!named->other.empty()) {
    TRY_ASSIGN(question.other, required(form, named->other));
  }
  TRY(check_other(question));
  return question;
}

}  // namespace stagerun
