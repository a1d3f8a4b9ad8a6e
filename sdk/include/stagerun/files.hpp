// file/1 and secret/1 as plain calls that wait (docs/effects.md).
#pragma once

#include <stagerun/effects.hpp>

namespace sr {

inline constexpr std::string_view kAbsent = "absent";  // the digest of a file that is not there

// What a file is, or was before a write.
struct FileState {
  std::string digest{};  // sha256 in hex, or kAbsent
  std::string before{};  // of a write: the digest that it replaced
  std::int64_t size = 0;
  std::string mode{};  // octal: "644"
  bool exists() const { return digest != kAbsent; }
};

// One file of the workspace. Each write happens only where the file still has the digest that it is
// given; else it throws Conflict.
class File {
 public:
  File(Call& call, std::string path) : call_(call), path_(std::move(path)) {}

  FileState look() const { return finish(request("look", "look at ")); }
  // Copies it into the scratch folder.
  FileState keep(std::string_view as) const {
    return finish(request("keep", "keep a copy of ").set("as", as));
  }
  FileState write(std::string_view text, std::string_view if_digest, std::string_view id) const {
    return finish(write_request(if_digest, id).set("text", text));
  }
  // From a file of the scratch folder.
  FileState write_from(std::string_view scratch_name, std::string_view if_digest,
                       std::string_view id) const {
    return finish(write_request(if_digest, id).set("from", scratch_name));
  }
  FileState remove(std::string_view if_digest, std::string_view id) const {
    return finish(request("remove", "remove ").set("if_digest", if_digest).set("id", id));
  }
  FileState rename(std::string_view to, std::string_view if_digest, std::string_view id) const {
    return finish(
        request("rename", "rename ").set("to", to).set("if_digest", if_digest).set("id", id));
  }

 private:
  Json request(const char* what, const char* purpose) const {
    return Json::object().set(what, path_).set("purpose", purpose + path_);
  }
  Json write_request(std::string_view if_digest, std::string_view id) const {
    return request("write", "write ").set("if_digest", if_digest).set("id", id);
  }
  FileState finish(const Json& request) const {
    const std::uint64_t ticket = call_.start("file/1", request);
    try {
      const Event event = call_.finish(ticket);
      return {call_.pick(event, "/digest").value_or(""), call_.pick(event, "/before").value_or(""),
              number_in<long long>(call_.pick(event, "/size").value_or("0")),
              call_.pick(event, "/mode").value_or("")};
    } catch (const Failed& failed) {
      if (failed.code() != "file.changed") throw;
      throw Conflict("file.changed", failed.text(), "look at who changed it, then start again");
    }
  }

  Call& call_;
  std::string path_;
};

// Questions about secrets. Texts may hold handles; nothing here ever gives out a value, but the
// parts of a URL that are no secret.
class Secrets {
 public:
  explicit Secrets(Call& call) : call_(call) {}

  std::int64_t length(std::string_view value) const {
    return number_in<long long>(answer("length", value, Json::object()));
  }
  bool has_prefix(std::string_view value, std::string_view prefix) const {
    return answer("has_prefix", value, Json::object().set("prefix", prefix)) == "true";
  }
  bool equals(std::string_view value, std::string_view to) const {
    return answer("equals", value, Json::object().set("to", to)) == "true";
  }
  bool matches(std::string_view value, std::string_view pattern) const {
    return answer("matches", value, Json::object().set("pattern", pattern)) == "true";
  }
  std::string hmac_sha256(std::string_view value, std::string_view key) const {
    return answer("hmac_sha256", value, Json::object().set("key", key));
  }
  // scheme, user, host, port, path, query.NAME; nothing where the URL has no such part. Of password
  // a handle.
  std::optional<std::string> url_part(std::string_view value, std::string_view part) const {
    return ask(request("url_part").set("value", value).set("part", part));
  }
  // A handle of the JSON object with these members set.
  std::string json_merge(std::string_view value, const Json& members) const {
    return ask(request("json_merge").set("value", value).set("members", members)).value_or("");
  }
  // A handle, or nothing where the variable is not set.
  // `treat_as`: "secret", "checked" or "plain".
  std::optional<std::string> open_variable(std::string_view name,
                                           std::string_view treat_as = "secret") const {
    return ask(request("open").set("env", name).set("treat_as", treat_as));
  }
  std::optional<std::string> open_dotenv(std::string_view file, std::string_view name,
                                         std::string_view treat_as = "secret") const {
    return ask(request("open").set("dotenv", file).set("name", name).set("treat_as", treat_as));
  }

 private:
  static Json request(const char* operation) {
    return Json::object().set("op", operation).set("purpose", "ask about a secret");
  }
  std::string answer(const char* operation, std::string_view value, Json members) const {
    members.set("op", operation).set("value", value).set("purpose", "ask about a secret");
    return ask(members).value_or("");
  }
  std::optional<std::string> ask(const Json& request) const {
    const Event event = call_.finish(call_.start("secret/1", request));
    if (call_.pick(event, "/present") == "false") return std::nullopt;
    if (auto handle = call_.pick(event, "/handle")) return handle;
    return call_.pick(event, "/value");
  }

  Call& call_;
};

}  // namespace sr
