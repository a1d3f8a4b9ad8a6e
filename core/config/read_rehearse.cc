#include "core/config/read_rehearse.h"

#include <algorithm>

#include <fmt/format.h>

#include "core/base/limits.h"
#include "core/base/text.h"
#include "core/config/read_answer.h"
#include "core/config/table_reader.h"
#include "core/config/workspace_path.h"

namespace stagerun {
namespace {

// Words that no key of ours has: a request, or a command with arguments or with its path.
bool is_answer(const Member& member) { return member.key.find_first_of(" /") != std::string::npos; }

Node without_answers(const Node& table) {
  Node own{table.span, Node::Table{}};
  for (const Member& member : *table.members()) {
    if (!is_answer(member)) std::get<Node::Table>(own.content).push_back(member);
  }
  return own;
}

class RehearseReader {
 public:
  RehearseReader(const Node& node, Pipeline& pipeline, Diagnostics& diagnostics)
      : pipeline_(pipeline),
        diagnostics_(diagnostics),
        own_(without_answers(node)),
        table_(own_, kRehearseKeys, "[rehearse]", node.span, diagnostics) {
    for (const StageSpec& stage : pipeline.stages) stages_.push_back(stage.name);
    for (const StageSpec& stage : pipeline.left_out) stages_.push_back(stage.name);
    for (const SecretSpec& secret : pipeline.secrets) secrets_.push_back(secret.name);
  }

  RehearseSpec read(const Node& node) {
    if (const Member* member = table_.find("real")) read_real(*member->value.items());
    if (const Member* member = table_.find("unrehearsed")) read_stages(*member->value.items());
    if (const Member* member = table_.find("secrets")) read_secrets(*member->value.members());
    for (const Member& member : *node.members()) {
      if (is_answer(member)) spec_.answers.push_back(read_answer(member, diagnostics_));
    }
    return std::move(spec_);
  }

 private:
  void read_real(const Node::Array& names) {
    for (const Node& node : names) {
      const std::string& name = *node.text();
      const bool is_origin = name.find("://") != std::string::npos;
      if (is_origin ? check_origin(node) : check_program(node)) add(node, spec_.real, "`real`");
    }
  }

  bool check_origin(const Node& node) {
    const std::string& origin = *node.text();
    const std::string problem = url_problem(origin);
    const std::size_t host = origin.find("://") + 3;
    if (problem.empty() && origin.find_first_of("/?#", host) == std::string::npos) return true;
    complain("rehearse.origin", node.span, fmt::format("`{}` is no origin", printable(origin)),
             problem.empty() ? "leave the path out: write scheme://host, or scheme://host:port"
                             : problem);
    return false;
  }

  bool check_program(const Node& node) {
    if (is_inner_file(*node.text())) return true;
    complain("rehearse.program", node.span,
             fmt::format("`{}` is no program for a rehearsal to run", printable(*node.text())),
             "write its name alone, or its path in the workspace");
    return false;
  }

  void read_stages(const Node::Array& names) {
    for (const Node& node : names) {
      const std::string& name = *node.text();
      if (std::find(stages_.begin(), stages_.end(), name) != stages_.end()) {
        add(node, spec_.unrehearsed, "`unrehearsed`");
      } else if (pipeline_.unread.count("stage") == 0) {
        const auto near = nearest(name, stages_);
        complain("rehearse.stage", node.span,
                 fmt::format("`unrehearsed` in [rehearse] names stage `{}`, which does not exist",
                             printable(name)),
                 near ? fmt::format("did you mean `{}`?", *near) : "");
      }
    }
  }

  void add(const Node& node, std::vector<std::string>& names, const char* key) {
    const std::string& name = *node.text();
    if (std::find(names.begin(), names.end(), name) == names.end()) {
      names.push_back(name);
      return;
    }
    complain("rehearse.twice", node.span,
             fmt::format("`{}` is listed twice in {} of [rehearse]", printable(name), key),
             "leave one of them out");
  }

  void read_secrets(const Node::Table& values) {
    for (const Member& member : values) {
      const std::string* value = member.value.text();
      if (std::find(secrets_.begin(), secrets_.end(), member.key) == secrets_.end()) {
        complain_unknown(member);
      } else if (value == nullptr) {
        complain("key.type", member.value.span,
                 fmt::format("what is made up for secret `{}` must be a string; this is {}",
                             member.key, member.value.describe()),
                 "");
      } else if (value->size() < limits::kMaskedBytes) {
        complain("rehearse.made_up", member.value.span,
                 fmt::format("what is made up for secret `{}` is too short to be found again",
                             member.key),
                 fmt::format("at least {} bytes", limits::kMaskedBytes));
      } else {
        spec_.secrets.emplace(member.key, *value);
      }
    }
  }

  void complain_unknown(const Member& member) {
    if (pipeline_.unread.count("secrets") != 0) return;
    complain(
        "rehearse.secret", member.key_span,
        fmt::format("[rehearse] makes up secret `{}`, which does not exist", printable(member.key)),
        secrets_.empty() ? "the pipeline has no secrets" : suggestion(member.key, secrets_));
  }

  void complain(const char* code, const Span& span, std::string text, std::string hint) {
    diagnostics_.push_back({code, span, std::move(text), std::move(hint)});
  }

  const Pipeline& pipeline_;
  Diagnostics& diagnostics_;
  Node own_;
  TableReader table_;
  std::vector<std::string> stages_;
  std::vector<std::string> secrets_;
  RehearseSpec spec_;
};

}  // namespace

void read_rehearse(const Node& table, Pipeline& pipeline, Diagnostics& diagnostics) {
  pipeline.rehearse = RehearseReader(table, pipeline, diagnostics).read(table);
}

}  // namespace stagerun
