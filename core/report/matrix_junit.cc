#include "core/report/matrix_junit.h"

#include <fmt/format.h>

#include "core/base/limits.h"
#include "core/report/matrix.h"
#include "core/report/short_text.h"
#include "core/report/xml.h"

namespace stagerun {
namespace {

class Junit {
 public:
  Junit(const Rehearsal& rehearsal, const std::string& pipeline_path)
      : rehearsal_(rehearsal),
        pipeline_path_(pipeline_path),
        command_(rehearse_command(rehearsal, pipeline_path)) {}

  std::string write() {
    for (const Scenario& scenario : rehearsal_.scenarios) add(scenario);
    const std::string& name = rehearsal_.pipeline;
    const std::string suite =
        to_xml(short_text(name.empty() ? "stagerun" : name, limits::kNameBytes));
    const std::string counts =
        fmt::format(R"(tests="{}" failures="{}" errors="0" skipped="0" time="0.000")",
                    rehearsal_.scenarios.size(), count_outcomes(rehearsal_).of("broken"));
    std::string out = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
    out += fmt::format("<testsuites name=\"{0}\" {1}>\n  <testsuite name=\"{0}\" {1}>\n", suite,
                       counts);
    out += "    <properties>\n" + property("pipeline", pipeline_path_) +
           property("pipeline_digest", rehearsal_.pipeline_digest) +
           property("seed", std::to_string(rehearsal_.seed)) + "    </properties>\n";
    return out + cases_ + "  </testsuite>\n</testsuites>\n";
  }

 private:
  std::string property(const char* name, const std::string& value) const {
    return fmt::format("      <property name=\"{}\" value=\"{}\"/>\n", name, xml_of(value));
  }

  // Where the file would become too large, texts are cut to a word or two.
  std::string xml_of(const std::string& text) const {
    const bool is_full = cases_.size() > limits::kJunitBytes / 2;
    return to_xml(short_text(text, is_full ? limits::kNameBytes : limits::kJunitTextBytes));
  }

  void add(const Scenario& scenario) {
    cases_ += fmt::format("    <testcase classname=\"{}\" name=\"{}\" time=\"0.000\"",
                          to_xml(scenario.set), to_xml(scenario.fault));
    const std::string_view outcome = outcome_of(scenario);
    if (outcome == "broken") {
      const std::string& first = scenario.broken.empty() ? scenario.fault : scenario.broken[0];
      cases_ += fmt::format(
          ">\n      <failure type=\"broken\" message=\"{}\">{}</failure>\n    </testcase>\n",
          xml_of(first), xml_of(text_of(scenario)));
    } else if (outcome == "incomplete") {
      cases_ += fmt::format(">\n      <system-out>{}</system-out>\n    </testcase>\n",
                            xml_of(text_of(scenario)));
    } else {
      cases_ += "/>\n";
    }
  }

  // The command first: it must not be cut off.
  std::string text_of(const Scenario& scenario) const {
    std::string text = replay_command(scenario, command_);
    for (const std::string& each : scenario.broken) text += "\nbroken: " + each;
    for (const Difference& each : scenario.left) text += "\nleft: " + difference_words(each);
    for (const std::string& each : scenario.by_hand) text += "\nby hand: " + each;
    for (const std::string& each : scenario.said) text += "\nsaid: " + each;
    return text;
  }

  const Rehearsal& rehearsal_;
  const std::string& pipeline_path_;
  std::string command_;
  std::string cases_;
};

}  // namespace

std::string matrix_junit(const Rehearsal& rehearsal, const std::string& pipeline_path) {
  return Junit(rehearsal, pipeline_path).write();
}

}  // namespace stagerun
