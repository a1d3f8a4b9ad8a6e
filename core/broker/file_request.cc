#include "core/broker/file_request.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "core/broker/form.h"
#include "core/broker/scratch_file.h"

namespace stagerun {
namespace {

using Kind = FileRequest::Kind;

struct Named {
  const char* member;
  Kind kind;
};
constexpr std::array<Named, 5> kKinds = {{{"look", Kind::look},
                                          {"keep", Kind::keep},
                                          {"write", Kind::write},
                                          {"remove", Kind::remove},
                                          {"rename", Kind::rename}}};

bool is_digest(const std::string& text) {
  return text == kAbsent ||
         (text.size() == 64 && text.find_first_not_of("0123456789abcdef") == std::string::npos);
}

// No bits but those of who may read, write and run it.
Result<mode_t> parse_mode(const std::string& text) {
  const bool octal = (text.size() == 3 || (text.size() == 4 && text[0] == '0')) &&
                     text.find_first_not_of("01234567") == std::string::npos;
  if (!octal) return malformed("`mode` must be three octal digits, such as \"640\"");
  return static_cast<mode_t>(std::stoul(text, nullptr, 8));
}

Result<std::string> parse_scratch(const Form& form, std::string_view member) {
  TRY_ASSIGN(std::string name, form.text(member, ""));
  if (!is_scratch_name(name)) {
    return malformed(fmt::format("`{}` must be a plain name in the scratch folder", member));
  }
  return name;
}

Status parse_content(const Form& form, FileRequest& file) {
  if (form.has("text") == form.has("from")) return malformed("a write has `text` or `from`");
  TRY_ASSIGN(file.text, form.payload("text"));
  if (!file.text) {
    TRY_ASSIGN(file.from, parse_scratch(form, "from"));
  }
  if (!form.has("mode")) return {};
  TRY_ASSIGN(const std::string mode, form.text("mode", ""));
  TRY_ASSIGN(file.mode, parse_mode(mode));
  return {};
}

Status check_members(const Form& form, Kind kind) {
  if (kind == Kind::look) return form.only({"look"});
  if (kind == Kind::keep) return form.only({"keep", "as"});
  if (kind == Kind::write) return form.only({"write", "text", "from", "mode", "if_digest"});
  if (kind == Kind::remove) return form.only({"remove", "if_digest"});
  return form.only({"rename", "to", "if_digest"});
}

}  // namespace

Result<FileRequest> parse_file(const Value& request) {
  const Form form(request);
  const auto named = std::find_if(kKinds.begin(), kKinds.end(),
                                  [&](const Named& one) { return form.has(one.member); });
  if (named == kKinds.end())
    return malformed("one of look, keep, write, remove, rename is missing");
  TRY(check_members(form, named->kind));
  FileRequest file;
  file.kind = named->kind;
  TRY_ASSIGN(file.path, form.text(named->member, ""));
  if (file.kind == Kind::keep) {
    TRY_ASSIGN(file.keep_as, parse_scratch(form, "as"));
  }
  if (file.kind == Kind::write) TRY(parse_content(form, file));
  if (file.kind == Kind::rename) {
    TRY_ASSIGN(file.to, form.text("to", ""));
  }
  TRY_ASSIGN(file.if_digest, form.text("if_digest", ""));
  const bool writes = file.kind != Kind::look && file.kind != Kind::keep;
  if (writes && !is_digest(file.if_digest)) {
    return malformed("`if_digest` must be a sha256 in hex, or \"absent\"");
  }
  if (file.kind == Kind::rename && file.if_digest == kAbsent) {
    return malformed("what is absent cannot be renamed");
  }
  return file;
}

}  // namespace stagerun
