#include "core/config/read_answer.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "core/base/json.h"
#include "core/base/text.h"
#include "core/base/url.h"
#include "core/config/table_reader.h"
#include "core/config/workspace_path.h"

namespace stagerun {
namespace {

constexpr std::string_view kContentType = "content-type";

// The depth of a Node is limited by parse_document, and so is this recursion.
Value to_value(const Node& node) {
  if (const auto* boolean = node.boolean()) return *boolean;
  if (const auto* integer = node.integer()) return *integer;
  if (const auto* number = std::get_if<double>(&node.content)) return *number;
  if (const auto* text = node.text()) return *text;
  if (node.items() != nullptr) {
    Value array = Value::array();
    for (const Node& item : *node.items()) array.push(to_value(item));
    return array;
  }
  Value object = Value::object();
  for (const Member& member : *node.members()) object.set(member.key, to_value(member.value));
  return object;
}

bool has_key(std::span<const KeySpec> keys, std::string_view name) {
  return std::any_of(keys.begin(), keys.end(),
                     [name](const KeySpec& key) { return key.name == name; });
}

// A token of RFC 9110, section 5.6.2.
bool is_header_name(std::string_view name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
  });
}

bool is_header_value(std::string_view value) {
  return value.find_first_of(std::string_view("\r\n\0", 3)) == std::string_view::npos;
}

class AnswerReader {
 public:
  AnswerReader(const Member& member, Diagnostics& diagnostics)
      : diagnostics_(diagnostics),
        where_(fmt::format("the answer to `{}`", printable(member.key))),
        is_request_(is_request(member.key)),
        own_(without_other_kind(member)),
        table_(own_, keys(is_request_), where_, member.value.span, diagnostics) {
    answer_.span = member.key_span;
    answer_.words = member.key;
    answer_.is_request = is_request_;
  }

  RehearsedAnswer read() {
    answer_.takes_ms = table_.duration_ms("takes").value_or(0);
    if (is_request_) {
      read_request();
    } else {
      read_command();
    }
    return std::move(answer_);
  }

 private:
  static std::span<const KeySpec> keys(bool of_request) {
    if (of_request) return kRequestAnswerKeys;
    return kCommandAnswerKeys;
  }

  // What answers the other kind is told as that, instead of as unknown.
  Node without_other_kind(const Member& member) {
    Node own{member.value.span, Node::Table{}};
    for (const Member& each : *member.value.members()) {
      if (has_key(keys(is_request_), each.key) || !has_key(keys(!is_request_), each.key)) {
        std::get<Node::Table>(own.content).push_back(each);
        continue;
      }
      complain("rehearse.kind", each.key_span,
               is_request_ ? fmt::format("`{}` is of a command, and `{}` is a request", each.key,
                                         printable(member.key))
                           : fmt::format("`{}` is of a request, and `{}` is a command", each.key,
                                         printable(member.key)),
               is_request_ ? "a request has: status, headers, body, json, takes"
                           : "a command has: exit, prints, writes, takes; a request's words are a "
                             "method in capitals and a URL");
    }
    return own;
  }

  void read_request() {
    check_url();
    if (const Member* member = table_.find("status")) {
      answer_.status = static_cast<int>(*member->value.integer());
    }
    if (const Member* member = table_.find("headers")) read_headers(*member->value.members());
    answer_.body = table_.text_or("body", "");
    const Member* json = table_.find("json");
    if (json == nullptr) return;
    if (table_.find("body") != nullptr) {
      complain("rehearse.body", json->key_span, fmt::format("{} has a `body` and `json`", where_),
               "leave one of them out");
      return;
    }
    answer_.body = render_json(to_value(json->value));
    const auto& headers = answer_.headers;
    const bool is_said = std::any_of(headers.begin(), headers.end(), [](const auto& header) {
      return ascii_lower(header.first) == kContentType;
    });
    if (!is_said) answer_.headers.emplace(kContentType, "application/json");
  }

  void check_url() {
    const std::string problem =
        url_problem(std::string_view(answer_.words).substr(answer_.words.find(' ') + 1));
    if (problem.empty()) return;
    complain("rehearse.request", answer_.span,
             fmt::format("`{}` is no request", printable(answer_.words)), problem);
  }

  void read_headers(const Node::Table& headers) {
    for (const Member& member : headers) {
      const std::string* value = member.value.text();
      if (value == nullptr) {
        complain("key.type", member.value.span,
                 fmt::format("`{}` in the headers of {} must be a string; this is {}",
                             printable(member.key), where_, member.value.describe()),
                 "");
      } else if (!is_header_name(member.key) || !is_header_value(*value)) {
        complain("rehearse.header", member.key_span,
                 fmt::format("`{}` in {} is no header", printable(member.key), where_),
                 "a name has letters, digits and -; a value has no line ends");
      } else {
        answer_.headers.emplace(member.key, *value);
      }
    }
  }

  void read_command() {
    if (answer_.words.starts_with(' ')) {
      complain("rehearse.command", answer_.span,
               fmt::format("`{}` names no program", printable(answer_.words)),
               "write the program first");
    }
    if (const Member* member = table_.find("exit")) {
      answer_.exit = static_cast<int>(*member->value.integer());
    }
    answer_.prints = table_.text_or("prints", "");
    if (const Member* member = table_.find("writes")) read_writes(*member->value.items());
  }

  void read_writes(const Node::Array& paths) {
    for (const Node& node : paths) {
      const std::string& path = *node.text();
      const auto& known = answer_.writes;
      if (!is_inner_file(path)) {
        complain("rehearse.path", node.span,
                 fmt::format("`{}` is no file of the workspace", printable(path)),
                 "write the path of a file, from the workspace, without ..");
      } else if (std::find(known.begin(), known.end(), path) != known.end()) {
        complain("rehearse.twice", node.span,
                 fmt::format("`{}` is listed twice in {}", printable(path), where_),
                 "leave one of them out");
      } else {
        answer_.writes.push_back(path);
      }
    }
  }

  void complain(const char* code, const Span& span, std::string text, std::string hint) {
    diagnostics_.push_back({code, span, std::move(text), std::move(hint)});
  }

  Diagnostics& diagnostics_;
  std::string where_;
  bool is_request_;
  Node own_;
  TableReader table_;
  RehearsedAnswer answer_;
};

}  // namespace

bool is_request(std::string_view words) {
  const std::size_t space = std::min(words.find(' '), words.size());
  const std::string_view method = words.substr(0, space);
  const std::string_view rest = words.substr(std::min(space + 1, words.size()));
  return !method.empty() &&
         std::all_of(method.begin(), method.end(), [](char c) { return c >= 'A' && c <= 'Z'; }) &&
         (rest.starts_with("http://") || rest.starts_with("https://"));
}

std::string url_problem(std::string_view url) {
  constexpr std::string_view kSubject = "`url`";
  const auto parsed = parse_url(url);
  if (parsed) return "";
  std::string text = parsed.error().text;
  if (text.starts_with(kSubject)) text.replace(0, kSubject.size(), "the URL");
  return text;
}

RehearsedAnswer read_answer(const Member& member, Diagnostics& diagnostics) {
  if (member.value.members() != nullptr) return AnswerReader(member, diagnostics).read();
  diagnostics.push_back(
      {"key.type", member.value.span,
       fmt::format("the answer to `{}` must be a table; this is {}", printable(member.key),
                   member.value.describe()),
       is_request(member.key) ? "write it like { status = 200 }" : "write it like { exit = 0 }"});
  RehearsedAnswer answer;
  answer.span = member.key_span;
  answer.words = member.key;
  answer.is_request = is_request(member.key);
  return answer;
}

}  // namespace stagerun
