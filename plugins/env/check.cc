// How it works. Each subject is opened: the host gives a handle that stands for its value. The
// rules are questions about handles, which the host answers; what is wrong is told in the words of
// the rule, never in those of the value. All is asked before anything is said.
#include "check.h"

#include <algorithm>
#include <cctype>

#include "check_settings.h"
#include "placeholder.h"
#include "version.h"

namespace env {
namespace {

// Of a tool's output: it says its version in its first lines, or not at all.
constexpr int kVersionLines = 20;
// The longest repetition that is asked for as a pattern.
constexpr std::int64_t kPatternCount = 512;
// Names in the summary; the log has them all.
constexpr std::size_t kSummaryNames = 8;

std::string quoted(const std::string& text) {
  return has_handle(text) ? "the secret" : "`" + text + "`";
}

std::string any_of(const std::vector<std::string>& texts) {
  std::string list;
  for (const std::string& text : texts) list += (list.empty() ? "" : ", ") + quoted(text);
  return texts.size() == 1 ? list : "any of " + list;
}

constexpr const char* kChecked = "checked";
constexpr const char* kPlain = "plain";
constexpr const char* kScheme = "[A-Za-z][A-Za-z0-9+.-]*";

// The text as a pattern, its letters in both cases.
std::string pattern_of(const std::string& text) {
  std::string pattern;
  for (const char c : text) {
    const auto letter = static_cast<unsigned char>(c);
    if (std::isalpha(letter) != 0) {
      pattern += {'[', static_cast<char>(std::tolower(letter)),
                  static_cast<char>(std::toupper(letter)), ']'};
    } else if (std::isdigit(letter) != 0 || letter >= 0x80) {
      pattern += c;
    } else {
      pattern += {'\\', c};
    }
  }
  return pattern;
}

std::string bytes(std::int64_t count) {
  return std::to_string(count) + (count == 1 ? " byte" : " bytes");
}

std::string join(const std::vector<std::string>& texts, const char* between) {
  std::string line;
  for (const std::string& text : texts) line += (line.empty() ? "" : between) + text;
  return line;
}

// Asks one value all its questions. Collects what is wrong with it.
class Questions {
 public:
  Questions(sr::Call& call, const Rules& rules, std::string handle)
      : secrets_(call), rules_(rules), handle_(std::move(handle)) {}

  std::vector<std::string> ask() {
    // Nothing more can be said of what is empty.
    if (!may_be_empty() && secrets_.equals(handle_, "")) return {"it is empty"};
    ask_length();
    ask_text();
    ask_url();
    if (rules_.not_placeholder && is_placeholder()) {
      wrong("it looks like a placeholder, not like a value");
    }
    ask_others();
    return std::move(faults_);
  }

 private:
  bool may_be_empty() const {
    const auto allowed = rules_.allowed_values();
    return std::find(allowed.begin(), allowed.end(), "") != allowed.end() || rules_.min_len == 0;
  }

  void wrong(std::string fault) { faults_.push_back(std::move(fault)); }

  void ask_length() {
    if (rules_.min_len && !has_at_least(*rules_.min_len)) {
      wrong("it is shorter than " + bytes(*rules_.min_len));
    }
    if (rules_.max_len && has_at_least(*rules_.max_len + 1)) {
      wrong("it is longer than " + bytes(*rules_.max_len));
    }
  }

  // An answer is journaled, so that the length itself is only asked for where there is no pattern
  // for it: what is too long matches none at all.
  bool has_at_least(std::int64_t count) const {
    if (count <= 0) return true;
    if (count > kPatternCount || !secrets_.matches(handle_, "^")) {
      return secrets_.length(handle_) >= count;
    }
    return secrets_.matches(handle_, "[\\s\\S]{" + std::to_string(count) + "}");
  }

  void ask_text() {
    const auto equals = [&](const std::string& text) { return secrets_.equals(handle_, text); };
    const std::vector<std::string>& choices = rules_.one_of;
    if (rules_.prefix && !secrets_.has_prefix(handle_, *rules_.prefix)) {
      wrong("it does not begin with " + quoted(*rules_.prefix));
    }
    if (rules_.equals && !equals(*rules_.equals)) wrong("it is not " + quoted(*rules_.equals));
    if (!choices.empty() && std::none_of(choices.begin(), choices.end(), equals)) {
      wrong("it is not " + any_of(choices));
    }
    if (rules_.regex && !secrets_.matches(handle_, *rules_.regex)) {
      wrong("it does not match " + quoted(*rules_.regex));
    }
  }

  // By patterns, not by the parts of the URL: an answer that is the value of another variable would
  // come back masked.
  void ask_url() {
    if (rules_.url_host.empty() && rules_.url_scheme.empty()) return;
    if (!secrets_.matches(handle_, "^" + std::string(kScheme) + "://")) {
      return wrong("it is not a URL");
    }
    if (!rules_.url_scheme.empty() && !matches_any(rules_.url_scheme, "^", "://")) {
      wrong("its scheme is not " + any_of(rules_.url_scheme));
    }
    const std::string before_host = "^" + std::string(kScheme) + "://([^/?#]*@)?";
    if (!rules_.url_host.empty() && !matches_any(rules_.url_host, before_host, "([:/?#]|$)")) {
      wrong("its host is not " + any_of(rules_.url_host));
    }
  }

  bool matches_any(const std::vector<std::string>& texts, const std::string& before,
                   const char* after) const {
    return std::any_of(texts.begin(), texts.end(), [&](const std::string& text) {
      return secrets_.matches(handle_, before + pattern_of(text) + after);
    });
  }

  bool is_placeholder() const {
    const auto patterns = placeholder_patterns();
    return std::any_of(patterns.begin(), patterns.end(), [&](const std::string& pattern) {
      return secrets_.matches(handle_, pattern);
    });
  }

  // A handle, or nothing where it is not set.
  std::optional<std::string> open(const Other& other) const {
    if (other.is_text()) return other.text;
    return other.dotenv.empty() ? secrets_.open_variable(other.variable, kChecked)
                                : secrets_.open_dotenv(other.dotenv, other.name, kChecked);
  }

  static std::string told(const Other& other) {
    if (other.is_text()) return has_handle(other.text) ? "the secret" : "the given text";
    if (other.dotenv.empty()) return "the variable " + other.variable;
    return other.name + " in " + other.dotenv;
  }

  void ask_others() {
    if (rules_.same_as) {
      const auto other = open(*rules_.same_as);
      if (!other) {
        wrong(told(*rules_.same_as) + ", which it must be the same as, is not set");
      } else if (!secrets_.equals(handle_, *other)) {
        wrong("it is not the same as " + told(*rules_.same_as));
      }
    }
    for (const Other& each : rules_.must_differ_from) {
      const auto other = open(each);
      if (other && secrets_.equals(handle_, *other)) {
        wrong("it is the same as " + told(each) + ", and must differ");
      }
    }
  }

  sr::Secrets secrets_;
  const Rules& rules_;
  std::string handle_;
  std::vector<std::string> faults_;
};

// Goes through all that is to be checked, and remembers what failed.
class Inspection {
 public:
  Inspection(sr::Call& call, const CheckSettings& settings) : call_(call), settings_(settings) {}

  void run() {
    for (const Variable& variable : settings_.variables) {
      const std::string name =
          variable.dotenv.empty() ? variable.name : variable.name + " in " + variable.dotenv;
      look_at(variable.name, name, [&] { return faults_of(variable); });
    }
    for (const NamedSecret& secret : settings_.secrets) {
      look_at(secret.name, "the secret " + secret.name,
              [&] { return Questions(call_, secret.rules, secret.value).ask(); });
    }
    for (const Tool& tool : settings_.tools) {
      look_at(tool.name, "the tool " + tool.name, [&] { return faults_of(tool); });
    }
  }

  int count() const { return count_; }

  // Ends the verb where something failed.
  void judge() const {
    if (failed_.empty()) return;
    std::vector<std::string> names(failed_.begin(), failed_.end());
    std::string more;
    if (names.size() > kSummaryNames) {
      more = " and " + std::to_string(names.size() - kSummaryNames) + " more";
      names.resize(kSummaryNames);
    }
    throw sr::Failed("env.check",
                     std::to_string(failed_.size()) + " of " + std::to_string(count_) +
                         " checks failed: " + join(names, ", ") + more,
                     join(lines_, "\n"));
  }

 private:
  template <typename Faults>
  void look_at(const std::string& name, const std::string& told, const Faults& faults_of_it) {
    ++count_;
    std::vector<std::string> faults;
    try {
      faults = faults_of_it();
    } catch (const sr::Failed& failed) {
      faults = {failed.text()};
    } catch (const sr::Unknown& unknown) {  // all that is asked here may be asked again
      faults = {unknown.text()};
    } catch (const sr::Denied& denied) {
      faults = {"it could not be looked at: " + denied.text()};
    }
    if (faults.empty()) return;
    failed_.push_back(name);
    lines_.push_back(told + ": " + join(faults, "; "));
    // Of a verb in a run the hint is shown; of a look before it only what is logged.
    if (call_.verb() == SR_PLAN) call_.log(SR_ERROR, lines_.back());
  }

  std::vector<std::string> faults_of(const Variable& variable) const {
    const sr::Secrets secrets(call_);
    // What the author has written down is no secret: `false` must not be masked in every line.
    const char* treatment = variable.rules.allowed_values().empty() ? kChecked : kPlain;
    const auto handle = variable.dotenv.empty()
                            ? secrets.open_variable(variable.name, treatment)
                            : secrets.open_dotenv(variable.dotenv, variable.name, treatment);
    if (!handle && (variable.rules.absent || variable.rules.optional)) return {};
    if (!handle) return {"it is not set"};
    if (variable.rules.absent) return {"it is set, and must not be"};
    return Questions(call_, variable.rules, *handle).ask();
  }

  std::vector<std::string> faults_of(const Tool& tool) const {
    std::optional<Version> version;
    int lines = 0;
    const auto take = [&](const std::string&, const std::string& line) {
      if (!version && ++lines <= kVersionLines) version = find_version(line);
    };
    const sr::Exit exit = call_.run_process(
        {.purpose = "ask " + tool.name + " for its version", .argv = tool.run}, take);
    if (!exit.ok()) {
      return {exit.status < 0 ? "it was ended by signal " + std::to_string(exit.signal)
                              : "it exited with " + std::to_string(exit.status)};
    }
    const auto wanted = Range::parse(tool.version);
    if (tool.version.empty()) return {};
    if (!version) return {"its output names no version"};
    std::string found;
    for (const std::uint64_t number : *version) {
      found += (found.empty() ? "" : ".") + std::to_string(number);
    }
    const bool fits = wanted && wanted->holds(*version);
    if (fits) return {};
    return {"its version is " + found + ", not " + tool.version};
  }

  sr::Call& call_;
  const CheckSettings& settings_;
  int count_ = 0;
  std::vector<std::string> failed_;
  std::vector<std::string> lines_;
};

Inspection inspect(sr::Call& call, const CheckSettings& settings) {
  Inspection inspection(call, settings);
  inspection.run();
  return inspection;
}

}  // namespace

void Check::validate(sr::Call& call) { diagnose_check(call); }

// The same as apply: what is wrong now is better known before a run than in it.
void Check::plan(sr::Call& call) {
  const CheckSettings settings = read_check_settings(call);
  if (settings.early) inspect(call, settings).judge();
}

void Check::apply(sr::Call& call) {
  const CheckSettings settings = read_check_settings(call);
  const Inspection inspection = inspect(call, settings);
  inspection.judge();
  call.set("checks", inspection.count());
  call.receipt(sr::Json::object().set("checks", inspection.count()).text());
}

}  // namespace env
