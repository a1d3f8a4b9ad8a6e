// sr::Call: one verb's call. Reads what the host gives, says what the host must know, and throws
// what ends the verb. Standard library only.
#pragma once

#include <deque>
#include <exception>
#include <filesystem>
#include <functional>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include <stagerun/json.hpp>
#include <stagerun/stagerun.h>

namespace sr {

inline sr_str to_str(std::string_view text) { return {text.data(), text.size()}; }
inline std::string_view to_view(sr_str text) {
  return text.data != nullptr ? std::string_view(text.data, text.size) : std::string_view();
}

// Collects what the host writes.
class Sink {
 public:
  sr_writer writer() { return {&bytes_, take}; }
  std::string take_bytes() { return std::move(bytes_); }

 private:
  static void take(void* sink, sr_str bytes) noexcept {
    static_cast<std::string*>(sink)->append(to_view(bytes));
  }
  std::string bytes_;
};

// Ends the verb with a status. A code is stable ("acme.refused"), the text says what was seen, the
// hint what to do about it.
class Stop : public std::exception {
 public:
  Stop(sr_status status, std::string code, std::string text, std::string hint)
      : status_(status), code_(std::move(code)), text_(std::move(text)), hint_(std::move(hint)) {}
  const char* what() const noexcept override { return text_.c_str(); }
  sr_status status() const { return status_; }
  const std::string& code() const { return code_; }
  const std::string& text() const { return text_; }
  const std::string& hint() const { return hint_; }

 private:
  sr_status status_;
  std::string code_, text_, hint_;
};

template <sr_status kStatus>
class StopAs : public Stop {
 public:
  StopAs(std::string code, std::string text, std::string hint = "")
      : Stop(kStatus, std::move(code), std::move(text), std::move(hint)) {}
};
using Failed = StopAs<SR_FAILED>;        // trying again will not help
using Retry = StopAs<SR_RETRY>;          // trying again may help
using Unknown = StopAs<SR_UNKNOWN>;      // it may have happened
using Conflict = StopAs<SR_CONFLICT>;    // somebody else changed it
using Cancelled = StopAs<SR_CANCELLED>;  // stopped because the host said so
using Invalid = StopAs<SR_INVALID>;      // the configuration is wrong
using Denied = StopAs<SR_DENIED>;        // an effect was refused: nothing happened
class Absent : public Stop {             // verify: cannot tell
 public:
  Absent() : Stop(SR_ABSENT, "", "", "") {}
};
class Unchanged : public Stop {  // it was so already; outputs take effect
 public:
  Unchanged() : Stop(SR_UNCHANGED, "", "", "") {}
};

// One event of an effect: {"event": "exited", "status": 0, ...}.
struct Event {
  std::uint64_t ticket = 0;
  std::string json;
};

struct HttpRequest;
struct ProcessRequest;
struct Exit;
class Http;

class Call {
 public:
  explicit Call(const sr_call& raw) : raw_(raw), host_(*raw.host) {}
  Call(const Call&) = delete;
  Call& operator=(const Call&) = delete;

  const sr_call& raw() const { return raw_; }
  std::uint32_t verb() const { return raw_.verb; }
  std::uint32_t attempt() const { return raw_.attempt; }
  std::string_view run() const { return to_view(raw_.run); }
  std::string_view stage() const { return to_view(raw_.stage); }
  std::string_view key() const { return to_view(raw_.key); }
  std::string_view plan() const { return to_view(raw_.plan); }
  std::string_view last_receipt() const { return to_view(raw_.receipt); }
  std::string_view last_checkpoint() const { return to_view(raw_.checkpoint); }
  std::string_view pending() const { return to_view(raw_.pending); }
  std::string_view settled() const { return to_view(raw_.settled); }
  std::string_view workspace() const { return to_view(raw_.workspace); }
  // Made where it is not there yet. Where it cannot be made, whoever opens a file in it is told.
  std::string_view scratch() const {
    std::error_code none;
    std::filesystem::create_directory(std::filesystem::path(to_view(raw_.scratch)), none);
    return to_view(raw_.scratch);
  }

  // -- Reading: places are RFC 6901 pointers. Strings come bare, all else as JSON. --

  std::optional<std::string> pick(std::string_view json, std::string_view pointer) const {
    Sink sink;
    if (!SR_HAS(&host_, pick)) return std::nullopt;
    const sr_status status = host_.pick(&raw_, to_str(json), to_str(pointer), sink.writer());
    return status == SR_OK ? std::optional(sink.take_bytes()) : std::nullopt;
  }
  std::optional<std::string> pick(const Event& event, std::string_view pointer) const {
    return pick(event.json, pointer);
  }
  bool has_config(std::string_view pointer) const { return find_config(pointer).has_value(); }
  std::string config(std::string_view pointer) const {
    if (auto value = find_config(pointer)) return *std::move(value);
    throw Invalid("config.missing", "`with` has no " + std::string(pointer));
  }
  std::string config_or(std::string_view pointer, std::string_view fallback) const {
    return find_config(pointer).value_or(std::string(fallback));
  }
  std::optional<std::string> find_config(std::string_view pointer) const {
    return pick(to_view(raw_.config), pointer);
  }
  // An array of strings (or of anything, as JSON); empty where there is none.
  std::vector<std::string> config_list(std::string_view pointer) const {
    return items(config_or(pointer, "[]"));
  }
  std::vector<std::string> items(std::string_view json_array) const {
    std::vector<std::string> list;
    for (const std::string& element : json_elements(json_array)) list.push_back(bare(element));
    return list;
  }
  std::vector<std::pair<std::string, std::string>> members(std::string_view json_object) const {
    std::vector<std::pair<std::string, std::string>> list;
    const auto elements = json_elements(json_object);
    for (std::size_t i = 0; i + 1 < elements.size(); i += 2) {
      list.emplace_back(bare(elements[i]), bare(elements[i + 1]));
    }
    return list;
  }
  // The shared context as JSON: "inputs.NAME", "stages.NAME.outputs.NAME".
  std::optional<std::string> get(std::string_view name) const {
    Sink sink;
    if (!SR_HAS(&host_, get)) return std::nullopt;
    const sr_status status = host_.get(&raw_, to_str(name), sink.writer());
    return status == SR_OK ? std::optional(sink.take_bytes()) : std::nullopt;
  }

  // -- Saying --

  using Fields = std::initializer_list<std::pair<std::string_view, std::string_view>>;
  void log(sr_level level, std::string_view text, Fields fields = {}) const {
    std::vector<sr_field> list;
    for (const auto& [name, value] : fields) list.push_back({to_str(name), to_str(value)});
    if (SR_HAS(&host_, log)) host_.log(&raw_, level, to_str(text), list.data(), list.size());
  }
  void info(std::string_view text, Fields fields = {}) const { log(SR_INFO, text, fields); }
  void warn(std::string_view text, Fields fields = {}) const { log(SR_WARN, text, fields); }
  void progress(std::uint64_t done, std::uint64_t total = 0, std::string_view note = "") const {
    if (SR_HAS(&host_, progress)) host_.progress(&raw_, done, total, to_str(note));
  }
  void fail(std::string_view code, std::string_view text, std::string_view hint = "") const {
    if (SR_HAS(&host_, fail)) host_.fail(&raw_, to_str(code), to_str(text), to_str(hint));
  }
  // Something is wrong at one place of the configuration; validate then ends with SR_INVALID.
  void diagnose(std::string_view pointer, std::string_view code, std::string_view text,
                std::string_view hint = "") {
    ++diagnosed_;
    if (!SR_HAS(&host_, diagnose)) return;
    host_.diagnose(&raw_, to_str(pointer), to_str(code), to_str(text), to_str(hint));
  }
  int diagnosed() const { return diagnosed_; }

  // -- Time --

  bool cancelled() const { return SR_HAS(&host_, cancelled) && host_.cancelled(&raw_) != 0; }
  std::int64_t remaining_ms() const {
    return SR_HAS(&host_, remaining_ms) ? host_.remaining_ms(&raw_) : -1;
  }
  std::int64_t now_ms() const { return SR_HAS(&host_, now_ms) ? host_.now_ms(&raw_) : 0; }
  void sleep_ms(std::int64_t duration);

  // -- Leaving things for later --

  // One output of this stage.
  void set(std::string_view name, const Json& value) const {
    const bool can = SR_HAS(&host_, set);
    check(can ? host_.set(&raw_, to_str(name), to_str(value.text())) : SR_ABSENT, "set an output");
  }
  void set_text(std::string_view name, std::string_view text) const { set(name, Json(text)); }
  // The baseline that writes wait for: durable when this returns.
  void checkpoint(std::string_view state) const {
    const bool can = SR_HAS(&host_, checkpoint);
    check(can ? host_.checkpoint(&raw_, to_str(state)) : SR_ABSENT, "save a checkpoint");
  }
  void note(std::string_view bytes) const {
    check(SR_HAS(&host_, note) ? host_.note(&raw_, to_str(bytes)) : SR_ABSENT, "add a note");
  }
  std::optional<std::string> read_note(std::uint64_t index) const {
    Sink sink;
    if (!SR_HAS(&host_, read_note)) return std::nullopt;
    const sr_status status = host_.read_note(&raw_, index, sink.writer());
    return status == SR_OK ? std::optional(sink.take_bytes()) : std::nullopt;
  }
  // What this verb leaves: the plan, or apply's receipt. Adds up.
  void result(std::string_view bytes) {
    has_result_ = true;
    if (raw_.result.write != nullptr) raw_.result.write(raw_.result.sink, to_str(bytes));
  }
  void receipt(std::string_view bytes) { result(bytes); }
  // One change that apply would make: "create", "update", "delete" or "run", and what.
  void change(std::string_view what_to_do, std::string_view what) {
    change(Json::object().set("do", what_to_do).set("what", what));
  }
  void change(std::string_view what_to_do, std::string_view what, const Json& before,
              const Json& after) {
    change(Json::object()
               .set("do", what_to_do)
               .set("what", what)
               .set("before", before)
               .set("after", after));
  }
  void change(const Json& change) { changes_.push(change); }
  // Leaves the plan; the wrapper calls it when plan has returned.
  void finish_plan() {
    if (!has_result_) result(Json::object().set("changes", changes_).text());
  }

  // -- Effects (docs/effects.md); sugar for the usual ones in effects.hpp --

  std::uint64_t start(const char* kind, const Json& request) const {
    std::uint64_t ticket = 0;
    const bool can = SR_HAS(&host_, start);
    const std::string& text = request.text();
    check(can ? host_.start(&raw_, kind, to_str(text), &ticket) : SR_ABSENT, "start an effect");
    return ticket;
  }
  // The next event of any effect; nothing where none is under way or the time is over. Throws
  // Cancelled once the run was cancelled.
  std::optional<Event> next(std::int64_t timeout_ms = -1);
  // The last event of that effect; others' events wait for next(). Throws Denied where it was
  // refused, Failed or Unknown where it failed, Cancelled where it was given up.
  Event finish(std::uint64_t ticket);
  void write(std::uint64_t ticket, std::string_view bytes) const {
    if (SR_HAS(&host_, write)) host_.write(&raw_, ticket, to_str(bytes));
  }
  void signal(std::uint64_t ticket, int number) const {
    if (SR_HAS(&host_, signal)) host_.signal(&raw_, ticket, number);
  }
  void cancel(std::uint64_t ticket) const {
    if (SR_HAS(&host_, cancel)) host_.cancel(&raw_, ticket);
  }
  Http http();
  Exit run_process(const ProcessRequest& request);
  // Gives each line of its output, "stdout" or "stderr" before it.
  using LineTaker = std::function<void(const std::string& stream, const std::string& text)>;
  Exit run_process(ProcessRequest request, const LineTaker& take);
  // A process that outlives the stage. Returns its pid.
  std::int64_t start_service(const ProcessRequest& request);
  // Ends the service that the effect of that id started. False: it did not run any more.
  bool stop_service(std::string_view id, std::string_view purpose);
  bool is_service_alive(std::string_view id);

 private:
  std::string bare(const std::string& element) const {
    return element.starts_with('"') ? pick("[" + element + "]", "/0").value_or("") : element;
  }
  static void check(sr_status status, const char* what) {
    if (status == SR_OK) return;
    throw StopAs<SR_FAILED>("host.refused", std::string("the host would not ") + what +
                                                " (status " + std::to_string(status) + ")");
  }
  Event finish_now(Event event) const;
  Exit exit_of(const Event& event) const;
  std::optional<Event> receive(std::int64_t timeout_ms) const;

  const sr_call& raw_;
  const sr_host& host_;
  Json changes_ = Json::array();
  std::deque<Event> set_aside_;
  int diagnosed_ = 0;
  bool has_result_ = false;
};

}  // namespace sr
