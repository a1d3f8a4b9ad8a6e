// stagerun.hpp: the C++20 wrapper of stagerun.h. A stage is a struct with a static description and
// the verbs it has; a missing verb is a null pointer. Verbs return to succeed and throw to fail
// (sr::Failed and its kin in call.hpp). Standard library only, nothing to link.
//
//   struct Greet {
//     static constexpr sr::Info info{.name = "acme.greet", .version = "1.0.0", ...};
//     void plan(sr::Call& call) { call.change("run", "greet " + call.config("/name")); }
//     void apply(sr::Call& call) { ... }
//   };
//   STAGERUN_MODULE(Greet)
#pragma once

#include <algorithm>
#include <array>
#include <new>
#include <type_traits>

#include <stagerun/call.hpp>
#include <stagerun/effects.hpp>
#include <stagerun/files.hpp>
#include <stagerun/stagerun.h>

namespace sr {

struct Info {
  // "MODULE.STAGE", used under that name; or "NAME", a module whose one stage is used bare.
  const char* name;
  const char* version = "0.0.0";
  const char* summary = "";
  const char* schema = R"({"type":"object","additionalProperties":false})";
  const char* outputs = nullptr;
  const char* manifest = nullptr;
  std::uint32_t flags = 0;
};

namespace detail {

constexpr std::string_view module_part(std::string_view name) {
  return name.substr(0, name.find('.'));
}
constexpr std::string_view stage_part(std::string_view name) {
  return name.find('.') == name.npos ? name : name.substr(name.find('.') + 1);
}

// A part of a name as terminated text that lives in the library's read-only data.
template <class Stage, std::string_view (*kPart)(std::string_view)>
inline constexpr auto kText = [] {
  constexpr std::size_t kSize = kPart(Stage::info.name).size();
  std::array<char, kSize + 1> text{};
  std::copy_n(kPart(Stage::info.name).data(), kSize, text.data());
  return text;
}();

inline sr_status end_with(const Call& call, const Stop& stop) {
  if (!stop.text().empty()) call.fail(stop.code(), stop.text(), stop.hint());
  return stop.status();
}

inline sr_status end_well(Call& call, sr_status status) {
  const bool well = status == SR_OK || status == SR_UNCHANGED;
  if (well && call.verb() == SR_PLAN) call.finish_plan();
  if (!well || call.diagnosed() == 0) return status;
  call.fail("config.invalid", std::to_string(call.diagnosed()) + " things in `with` are wrong");
  return SR_INVALID;
}

// Runs one verb of a new Stage. The only catch-all: no exception crosses to the host.
template <class Stage, class Verb>
sr_status run(const sr_call* raw) noexcept {
  if (raw == nullptr || raw->host == nullptr) return SR_INVALID;
  Call call(*raw);
  try {
    Stage stage{};
    if constexpr (std::is_void_v<decltype(Verb::run(stage, call))>) {
      Verb::run(stage, call);
      return end_well(call, SR_OK);
    } else {
      return end_well(call, Verb::run(stage, call));
    }
  } catch (const Unchanged&) {
    return end_well(call, SR_UNCHANGED);
  } catch (const Stop& stop) {
    return end_with(call, stop);
  } catch (const std::bad_alloc&) {
    call.fail("plugin.memory", "it asked for more memory than a plugin may use",
              "what is large belongs into the scratch folder; this is a fault of the plugin");
    return SR_FAILED;
  } catch (const std::exception& error) {
    call.fail("plugin.exception", error.what(), "this is a fault of the plugin");
    return SR_FAILED;
  } catch (...) {
    call.fail("plugin.exception", "something that is no std::exception was thrown",
              "this is a fault of the plugin");
    return SR_FAILED;
  }
}

// NAME_of<Stage>(): the stage's verb of that name as the ABI takes it, or null where it has none.
#define STAGERUN_VERB_(name)                                                  \
  struct name##_verb {                                                        \
    static auto run(auto& stage, Call& call) { return stage.name(call); }     \
  };                                                                          \
  template <class Stage>                                                      \
  constexpr sr_verb name##_of() {                                             \
    if constexpr (requires(Stage stage, Call & call) { stage.name(call); }) { \
      return run<Stage, name##_verb>;                                         \
    } else {                                                                  \
      return nullptr;                                                         \
    }                                                                         \
  }
STAGERUN_VERB_(validate)
STAGERUN_VERB_(plan)
STAGERUN_VERB_(apply)
STAGERUN_VERB_(verify)
STAGERUN_VERB_(rollback)
#undef STAGERUN_VERB_

template <class Stage>
inline constexpr sr_stage kStage = {
    .size = sizeof(sr_stage),
    .flags = Stage::info.flags,
    .name = kText<Stage, stage_part>.data(),
    .summary = Stage::info.summary,
    .schema = Stage::info.schema,
    .outputs = Stage::info.outputs,
    .manifest = Stage::info.manifest,
    .validate = validate_of<Stage>(),
    .plan = plan_of<Stage>(),
    .apply = apply_of<Stage>(),
    .verify = verify_of<Stage>(),
    .rollback = rollback_of<Stage>(),
};

template <class... Stages>
inline constexpr const sr_stage* kStages[] = {&kStage<Stages>...};

template <class First, class... Rest>
inline constexpr sr_module kModule = {
    .size = sizeof(sr_module),
    .abi_major = SR_ABI_MAJOR,
    .abi_minor = 0,
    .name = kText<First, module_part>.data(),
    .version = First::info.version,
    .stage_count = 1 + sizeof...(Rest),
    .stages = kStages<First, Rest...>,
};

template <class Stage>
concept Appliable = requires(Stage stage, Call& call) {
  stage.apply(call);
};

template <class First, class... Rest>
constexpr const sr_module* module_of() {
  static_assert((Appliable<First> && ... && Appliable<Rest>),
                "every stage needs void apply(sr::Call&)");
  static_assert(((module_part(First::info.name) == module_part(Rest::info.name)) && ...),
                "the stages of one module share the part of the name before the dot");
  return &kModule<First, Rest...>;
}

}  // namespace detail
}  // namespace sr

// The entry point of a module with these stages. Once in a library, outside any namespace.
#define STAGERUN_MODULE(...)                                      \
  extern "C" const sr_module* stagerun_module_v1(void) noexcept { \
    return ::sr::detail::module_of<__VA_ARGS__>();                \
  }                                                               \
  static_assert(true)
