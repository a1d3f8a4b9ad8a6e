#include "core/config/read_secret.h"

#include <algorithm>

#include <fmt/format.h>

#include "core/base/limits.h"
#include "core/base/text.h"
#include "core/config/table_reader.h"

namespace stagerun {
namespace {

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

// Whoever wrote a value where none may stand would find it in every log: its line is not shown.
void hide_lines(Diagnostics& diagnostics, std::size_t first) {
  for (std::size_t i = first; i < diagnostics.size(); ++i) {
    Diagnostic& found = diagnostics[i];
    if (found.code == "secret.name" || found.code == "secret.source") continue;
    found.text += fmt::format(" (line {})", found.span.line);
    found.span = {};
  }
}

class SecretReader {
 public:
  SecretReader(const Member& member, Diagnostics& diagnostics)
      : diagnostics_(diagnostics),
        where_(fmt::format("secret `{}`", printable(member.key))),
        place_(member.key_span),
        table_(member.value, kSecretKeys, where_, member.value.span, diagnostics) {
    secret_.name = member.key;
    secret_.span = member.key_span;
  }

  SecretSpec read() {
    const std::size_t given = read_variable() + read_file() + read_command();
    if (given != 1 && table_.wrong().empty()) {
      complain("secret.source", place_,
               fmt::format("{} must come from one place; {}", where_,
                           given == 0 ? "it says none" : "it says several"),
               "give one of: env, file, command");
    }
    return std::move(secret_);
  }

 private:
  std::size_t read_variable() {
    const Member* member = table_.find("env");
    if (member == nullptr) return 0;
    secret_.from = SecretSpec::From::variable;
    secret_.place = *member->value.text();
    if (!is_variable_name(secret_.place)) {
      complain("secret.variable", member->value.span, fmt::format("{} names no variable", where_),
               "a letter or _, then letters, digits and _");
    }
    return 1;
  }

  std::size_t read_file() {
    const Member* member = table_.find("file");
    if (member == nullptr) return 0;
    secret_.from = SecretSpec::From::file;
    secret_.place = *member->value.text();
    if (secret_.place.empty() || secret_.place.find('\0') != std::string::npos) {
      complain("secret.file", member->value.span, fmt::format("{} names no file", where_), "");
    }
    return 1;
  }

  std::size_t read_command() {
    const Member* member = table_.find("command");
    if (member == nullptr) return 0;
    secret_.from = SecretSpec::From::command;
    for (const Node& word : *member->value.items()) secret_.command.push_back(*word.text());
    const bool has_nul =
        std::any_of(secret_.command.begin(), secret_.command.end(),
                    [](const std::string& word) { return word.find('\0') != std::string::npos; });
    if (secret_.command.empty() || secret_.command[0].empty() || has_nul) {
      complain("secret.command", member->value.span, fmt::format("{} names no program", where_),
               "write it like [\"pass\", \"show\", \"x\"]");
    }
    return 1;
  }

  void complain(const char* code, const Span& span, std::string text, std::string hint) {
    diagnostics_.push_back({code, span, std::move(text), std::move(hint)});
  }

  Diagnostics& diagnostics_;
  std::string where_;
  Span place_;
  TableReader table_;
  SecretSpec secret_;
};

}  // namespace

bool is_variable_name(std::string_view name) {
  const auto fits = [](char c) { return is_letter(c) || (c >= '0' && c <= '9') || c == '_'; };
  return !name.empty() && name.size() <= limits::kNameBytes &&
         (is_letter(name[0]) || name[0] == '_') && std::all_of(name.begin(), name.end(), fits);
}

SecretSpec read_secret(const Member& member, Diagnostics& diagnostics) {
  const std::size_t first = diagnostics.size();
  if (!is_variable_name(member.key) || !is_letter(member.key[0])) {
    diagnostics.push_back({"secret.name", member.key_span,
                           fmt::format("`{}` cannot name a secret", printable(member.key)),
                           "a letter, then letters, digits and _; at most 64 characters"});
  }
  if (member.value.members() == nullptr) {
    diagnostics.push_back({"secret.table", member.value.span,
                           fmt::format("secret `{}` must be a table; this is {}",
                                       printable(member.key), member.value.describe()),
                           "say where it comes from: { env = \"NAME\" }; its value never stands "
                           "in this file"});
    hide_lines(diagnostics, first);
    return {member.key, member.key_span, SecretSpec::From::variable, "", {}};
  }
  SecretSpec secret = SecretReader(member, diagnostics).read();
  hide_lines(diagnostics, first);
  return secret;
}

}  // namespace stagerun
