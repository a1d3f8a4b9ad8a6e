#include "core/config/read_pipeline.h"

#include <algorithm>
#include <unordered_map>

#include <fmt/format.h>

#include "core/base/limits.h"
#include "core/base/text.h"
#include "core/config/document.h"
#include "core/config/read_environment.h"
#include "core/config/read_input.h"
#include "core/config/read_policy.h"
#include "core/config/read_rehearse.h"
#include "core/config/read_secret.h"
#include "core/config/read_stage.h"
#include "core/config/table_reader.h"

namespace stagerun {
namespace {

class PipelineReader {
 public:
  PipelineReader(const Node& root, const Lines& lines, Diagnostics& diagnostics)
      : lines_(lines),
        diagnostics_(diagnostics),
        table_(root, kPipelineKeys, "the pipeline", Span{}, diagnostics) {}

  Pipeline read(const std::string& environment) {
    pipeline_.unread = table_.wrong();
    pipeline_.name = read_label("name");
    pipeline_.description = table_.text_or("description", "");
    choose(environment);
    read_variables();
    for (const Member& member : members_of("inputs")) {
      pipeline_.inputs.push_back(read_input(member, diagnostics_));
    }
    for (const Member& member : members_of("secrets")) {
      pipeline_.secrets.push_back(read_secret(member, diagnostics_));
    }
    read_state();
    read_stages();
    if (const Member* member = table_.find("environments")) {
      read_environments(member->value, pipeline_.environment, configurations_, lines_, pipeline_,
                        used_, diagnostics_);
    }
    if (const Member* member = table_.find("rehearse")) {
      read_rehearse(member->value, pipeline_, diagnostics_);
    }
    pipeline_.used_variables = std::move(used_.variables);
    pipeline_.is_read = used_.are_all && pipeline_.unread.count("environments") == 0 &&
                        std::none_of(pipeline_.stages.begin(), pipeline_.stages.end(),
                                     [](const StageSpec& stage) { return stage.is_broken; });
    return std::move(pipeline_);
  }

 private:
  // Names of locks and histories are made of these.
  std::string read_label(const char* key) {
    const Member* member = table_.find(key);
    if (member == nullptr) return "";
    const std::string& text = *member->value.text();
    if (text.empty() || text.size() > limits::kNameBytes || printable(text) != text) {
      complain("pipeline.label", member->value.span,
               fmt::format("`{}` must be 1 to 64 visible characters", key), "");
    }
    return text;
  }

  void choose(const std::string& environment) {
    const std::string own = read_label("environment");
    pipeline_.environment = environment.empty() ? own : environment;
    const Member* all = table_.find("environments");
    const bool exists =
        pipeline_.environment == own || (all != nullptr && all->value.find(environment) != nullptr);
    if (exists || pipeline_.unread.count("environments") != 0) return;
    std::vector<std::string> names;
    for (const Member& member : members_of("environments")) names.push_back(member.key);
    if (!own.empty() && (all == nullptr || all->value.find(own) == nullptr)) names.push_back(own);
    const std::string hint = suggestion(environment, names);
    complain("environment.unknown", {},
             fmt::format("the pipeline has no environment `{}`", printable(environment)),
             hint.empty() ? "write [environments.NAME] for each that there is" : hint);
  }

  const Node::Table& members_of(const char* key) const {
    static const Node::Table kNone;
    const Member* member = table_.find(key);
    return member != nullptr ? *member->value.members() : kNone;
  }

  void read_variables() {
    const Member* member = table_.find("env");
    if (member == nullptr) return;
    for (const Node& node : *member->value.items()) {
      const std::string& name = *node.text();
      if (!is_variable_name(name)) {
        complain("env.name", node.span, fmt::format("`{}` cannot name a variable", printable(name)),
                 "a letter or _, then letters, digits and _");
      } else if (pipeline_.variables_spans.emplace(name, node.span).second) {
        pipeline_.variables.push_back(name);
      } else {
        complain("env.twice", node.span, fmt::format("`{}` is listed twice", name),
                 "leave one of them out");
      }
    }
  }

  void read_state() {
    const Member* member = table_.find("state");
    if (member == nullptr) return;
    const TableReader state(member->value, kStateKeys, "[state]", member->value.span, diagnostics_);
    const Member* store = state.find("store");
    if (store == nullptr) return;
    pipeline_.state = *store->value.text();
    const bool fits = pipeline_.state.starts_with("dir:") && pipeline_.state.size() > 4 &&
                      pipeline_.state.find('\0') == std::string::npos;
    if (fits) return;
    complain("state.store", store->value.span,
             fmt::format("`{}` is no store", printable(pipeline_.state)), "write dir:FOLDER");
  }

  void read_stages() {
    const StageSpec defaults = read_defaults();
    const Member* stages = table_.find("stage");
    if (stages == nullptr) return;
    const Node::Array& nodes = *stages->value.items();
    if (nodes.empty()) {
      complain("pipeline.no_stage", stages->value.span, "the pipeline has no stage",
               "write [[stage]]");
    }
    pipeline_.stages.reserve(nodes.size());
    for (const Node& node : nodes) {
      const StageSpec* before = pipeline_.stages.empty() ? nullptr : &pipeline_.stages.back();
      pipeline_.stages.push_back(read_stage(node, lines_, defaults, before, used_, diagnostics_));
      const Member* with = node.find("with");
      const bool is_table = with != nullptr && with->value.members() != nullptr;
      configurations_.push_back(is_table ? &with->value : nullptr);
      check_name(pipeline_.stages.back());
    }
  }

  StageSpec read_defaults() {
    StageSpec defaults;
    const Member* member = table_.find("defaults");
    if (member == nullptr) return defaults;
    const TableReader table(member->value, kDefaultsKeys, "[defaults]", member->value.span,
                            diagnostics_);
    read_policy(table, "[defaults]", defaults, diagnostics_);
    defaults.rollback_span = {};
    return defaults;
  }

  void check_name(StageSpec& stage) {
    if (stage.name.empty()) {
      pipeline_.unread.insert("stage");
      return;
    }
    const auto [first, is_new] = lines_of_names_.emplace(stage.name, stage.span.line);
    if (is_new) return;
    stage.is_broken = true;
    complain("stage.twice", stage.span,
             fmt::format("two stages are called `{}`", printable(stage.name)),
             fmt::format("the first is in line {}; rename one of them", first->second));
  }

  void complain(const char* code, const Span& span, std::string text, std::string hint) {
    diagnostics_.push_back({code, span, std::move(text), std::move(hint)});
  }

  const Lines& lines_;
  Diagnostics& diagnostics_;
  const TableReader table_;
  std::unordered_map<std::string, std::uint32_t> lines_of_names_;
  std::vector<const Node*> configurations_;  // the `with` of each stage, or null
  UsedNames used_;
  Pipeline pipeline_;
};

}  // namespace

std::optional<Pipeline> read_pipeline(const Source& source, Diagnostics& diagnostics,
                                      const std::string& environment) {
  const Lines lines(source.text);
  const auto root = parse_document(source, lines, diagnostics);
  if (!root) return std::nullopt;
  return PipelineReader(*root, lines, diagnostics).read(environment);
}

}  // namespace stagerun
