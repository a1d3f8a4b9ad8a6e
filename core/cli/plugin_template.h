// The project that `plugin new` writes: the files of sdk/template, in the program itself
// (plugin_template.cmake makes the source of it).
#pragma once

#include <span>
#include <string_view>

namespace stagerun {

struct TemplateFile {
  std::string_view path;  // from the project's folder
  std::string_view text;
};

// What stands in paths and texts for the new names.
inline constexpr std::string_view kTemplateStage = "sample.file";
inline constexpr std::string_view kTemplateModule = "sample";

std::span<const TemplateFile> plugin_template();

}  // namespace stagerun
