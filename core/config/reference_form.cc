#include "core/config/reference_form.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "core/base/text.h"

namespace stagerun {
namespace {

constexpr std::size_t kShownBytes = 80;

// Words of the forms; "*" is any name.
using Form = std::vector<std::string_view>;

struct Root {
  std::string_view name;
  std::vector<Form> forms;
  std::string_view hint;
};

const std::vector<Root>& roots() {
  static const std::vector<Root> kRoots = {
      {"inputs", {{"inputs", "*"}}, "inputs.NAME"},
      {"stages", {{"stages", "*", "outputs", "*"}}, "stages.NAME.outputs.NAME"},
      {"runs",
       {{"runs", "*", "stages", "*", "outputs", "*"}},
       "runs.last.stages.NAME.outputs.NAME, or an earlier run's name for `last`"},
      {"run", {{"run", "id"}, {"run", "started_at"}}, "run.id or run.started_at"},
      {"git",
       {{"git", "sha"}, {"git", "branch"}, {"git", "tag"}, {"git", "dirty"}},
       "git.sha, git.branch, git.tag or git.dirty"},
      {"environment", {{"environment"}}, "environment"},
      {"env", {{"env", "*"}}, "env.NAME"},
      {"secrets", {{"secrets", "*"}}, "secrets.NAME"},
  };
  return kRoots;
}

bool fits(const std::vector<std::string>& path, const Form& form) {
  return path.size() == form.size() &&
         std::equal(path.begin(), path.end(), form.begin(),
                    [](const std::string& word, std::string_view wanted) {
                      return wanted == "*" || word == wanted;
                    });
}

bool is_word(std::string_view word) {
  return !word.empty() && word.find('.') == std::string_view::npos;
}

}  // namespace

std::vector<std::string> words_of(std::string_view path) {
  std::vector<std::string> words;
  while (true) {
    const std::size_t dot = std::min(path.find('.'), path.size());
    if (!is_word(path.substr(0, dot))) return {};
    words.emplace_back(path.substr(0, dot));
    if (dot == path.size()) return words;
    path.remove_prefix(dot + 1);
  }
}

Diagnostic reference_problem(std::string_view written, const std::vector<std::string>& path) {
  const std::string shown = printable(written.substr(0, kShownBytes));
  const std::string root(written.substr(0, written.find('.')));
  std::vector<std::string> names;
  for (const Root& each : roots()) names.emplace_back(each.name);
  const auto known = std::find(names.begin(), names.end(), root);
  if (known == names.end()) {
    return {"reference.root",
            {},
            fmt::format("an expression cannot refer to `{}`", shown),
            path.size() == 1 && !nearest(root, names)
                ? "text stands in single quotes: '" + shown + "'"
                : suggestion(root, names)};
  }
  const Root& found = roots()[static_cast<std::size_t>(known - names.begin())];
  const bool is_one = std::any_of(found.forms.begin(), found.forms.end(),
                                  [&path](const Form& form) { return fits(path, form); });
  if (is_one) return {};
  return {"reference.form",
          {},
          fmt::format("`{}` is not a reference", shown),
          fmt::format("write {}", found.hint)};
}

}  // namespace stagerun
