// sample.file: writes a small text file, such as one that says which version is live, and puts
// back what was there.
//
// How it works. What is there now is kept in the stage's scratch folder, which is the baseline; its
// digest is the checkpoint. The file is written only where it still has that digest, and put back
// only where it still has the text that we gave it: what somebody else has written since is theirs.
#include <fstream>
#include <iterator>

#include <stagerun/stagerun.hpp>

namespace {

// More than any text that the schema lets through.
constexpr std::int64_t kMostBytes = 1 << 16;

// Names in the scratch folder.
constexpr const char* kBefore = "before";
constexpr const char* kNow = "now";

sr::File file_of(sr::Call& call) { return {call, call.config("/file")}; }

std::string wanted(sr::Call& call) { return call.config("/text"); }

// The file at one moment.
struct Content {
  std::string digest;               // sr::kAbsent: there is none
  std::optional<std::string> text;  // nothing: there is no file, or one too large to be ours
};

// Keeps a copy in the scratch folder and reads that, so nobody can change it meanwhile.
Content keep(sr::Call& call, const char* as) {
  if (!file_of(call).look().exists()) return {std::string(sr::kAbsent), std::nullopt};
  const sr::FileState kept = file_of(call).keep(as);
  if (kept.size > kMostBytes) return {kept.digest, std::nullopt};
  std::ifstream copy(std::string(call.scratch()) + "/" + as, std::ios::binary);
  return {kept.digest, std::string(std::istreambuf_iterator<char>(copy), {})};
}

struct WriteFile {
  static constexpr sr::Info info{
      .name = "sample.file",
      .version = "0.1.0",
      .summary = "Writes a small text file; puts back what was there.",
      .schema = R"({
  "type": "object", "required": ["file", "text"], "additionalProperties": false,
  "properties": {"file": {"type": "string", "minLength": 1},
                 "text": {"type": "string", "maxLength": 16384}}})",
      .outputs = R"({"type": "object", "properties": {"sha256": {"type": "string"}}})",
      .manifest = R"({"effects": ["file/1"]})",
      .flags = SR_IDEMPOTENT | SR_REVERSIBLE,
  };

  // Only what the schema cannot say.
  void validate(sr::Call& call) {
    const std::string text = call.config_or("/text", "");
    if (text.find("sr-secret.") == text.npos) return;
    call.diagnose("/text", "sample.secret", "a secret would stand in a plain file",
                  "write what is no secret");
  }

  void plan(sr::Call& call) {
    const Content now = keep(call, kNow);
    if (now.text == wanted(call)) return;
    call.change(now.digest == sr::kAbsent ? "create" : "update", call.config("/file"),
                now.text ? sr::Json(*now.text) : sr::Json(), sr::Json(wanted(call)));
  }

  void apply(sr::Call& call) {
    // On another attempt the file may be ours already: what the first one found is the baseline.
    std::string before(call.last_checkpoint());
    if (before.empty()) {
      const Content found = keep(call, kBefore);
      call.set_text("sha256", found.digest);
      if (found.text == wanted(call)) throw sr::Unchanged();
      before = found.digest;
      call.checkpoint(before);
    }
    Content now = keep(call, kNow);
    if (now.text != wanted(call)) {
      now.digest = file_of(call).write(wanted(call), before, "write").digest;
    }
    call.set_text("sha256", now.digest);
  }

  void verify(sr::Call& call) {
    const Content now = keep(call, kNow);
    if (now.text != wanted(call)) {
      throw sr::Failed("sample.not_written", call.config("/file") + " says something else");
    }
    call.set_text("sha256", now.digest);
  }

  void rollback(sr::Call& call) {
    const std::string before(call.last_checkpoint());
    if (before.empty()) return;
    const Content now = keep(call, kNow);
    if (now.digest == before) return;
    if (now.text != wanted(call)) {
      throw sr::Conflict("sample.changed", "somebody else has written " + call.config("/file"),
                         "look who, then write it by hand");
    }
    if (before == sr::kAbsent) {
      file_of(call).remove(now.digest, "undo");
    } else {
      file_of(call).write_from(kBefore, now.digest, "undo");
    }
  }
};

}  // namespace

STAGERUN_MODULE(WriteFile);
