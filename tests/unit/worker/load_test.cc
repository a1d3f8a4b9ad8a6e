// Loading: what the worker takes for a plugin, and how it refuses everything else.
#include <gtest/gtest.h>

#include "core/base/json.h"
#include "core/worker/elf.h"
#include "tests/unit/worker/test_host.h"

namespace stagerun {
namespace {

std::string refusal_code(const std::filesystem::path& plugin) {
  return TestHost(plugin).refusal().first;
}

TEST(Load, DescribesThePluginUnasked) {
  TestHost host(plugin_file("exec"));
  const auto message = host.first_message();
  ASSERT_TRUE(message.has_value());
  ASSERT_EQ(message->type, wire::Type::loaded);
  const auto module = parse_json(message->field(0));
  ASSERT_TRUE(module.has_value());
  EXPECT_EQ(module->text_or("name"), "exec");
  EXPECT_EQ(module->integer_or("abi_major", -1), 1);
  EXPECT_EQ(*module->at("/stages/0/name")->text(), "exec");
  EXPECT_EQ(*module->at("/stages/0/manifest/effects/0")->text(), "process/1");
  EXPECT_TRUE(module->at("/stages/0/outputs")->is_null());
  EXPECT_EQ(module->at("/stages/0/verbs")->items()->size(), 5u);
}

TEST(Load, PluginInPlainCIsLoaded) { EXPECT_EQ(refusal_code(test_plugin_file("counter")), ""); }

TEST(Load, TwoStagesOfOneModuleAreListed) {
  TestHost host(test_plugin_file("calls"));
  const auto module = parse_json(host.first_message()->field(0));
  EXPECT_EQ(*module->at("/name")->text(), "calls");
  EXPECT_EQ(*module->at("/stages/0/name")->text(), "echo");
  EXPECT_EQ(*module->at("/stages/1/name")->text(), "misuse");
}

TEST(Load, AnotherAbiIsNamed) {
  const auto [code, text] = TestHost(test_plugin_file("wrong_abi")).refusal();
  EXPECT_EQ(code, "load.abi");
  EXPECT_NE(text.find("built for plugin ABI 2; this stagerun speaks 1"), std::string::npos);
}

TEST(Load, AnotherMajorInTheTableIsRefused) {
  EXPECT_EQ(refusal_code(test_plugin_file("wrong_major")), "load.abi");
}

TEST(Load, LibraryWithoutTheSymbolIsRefused) {
  EXPECT_EQ(refusal_code(test_plugin_file("no_symbol")), "load.symbol");
}

TEST(Load, TableShorterThanAbi10IsRefused) {
  EXPECT_EQ(refusal_code(test_plugin_file("small_struct")), "load.module");
}

TEST(Load, TableOfALaterMinorIsTaken) {
  EXPECT_EQ(refusal_code(test_plugin_file("large_struct")), "");
}

TEST(Load, MissingFileIsRefused) { EXPECT_EQ(refusal_code("/nowhere/no.so"), "load.elf"); }

TEST(Load, FolderIsRefused) { EXPECT_EQ(refusal_code("/tmp"), "load.elf"); }

TEST(Load, TextFileIsRefused) {
  const ScratchFolder folder;
  folder.write("text.so", std::string(4096, 'x'));
  EXPECT_EQ(refusal_code(folder / "text.so"), "load.elf");
}

TEST(Load, LibraryOfAnotherMachineIsRefused) {
  const ScratchFolder folder;
  std::string bytes = bytes_of(test_plugin_file("counter"));
  bytes[18] = 8;  // e_machine: MIPS
  folder.write("mips.so", bytes);
  EXPECT_EQ(refusal_code(folder / "mips.so"), "load.elf");
}

TEST(Load, LibraryWithAnUnknownDependencyIsRefusedInTheLoadersWords) {
  const ScratchFolder folder;
  std::string bytes = bytes_of(plugin_file("exec"));
  const std::size_t name = bytes.find("libstdc++.so.6");
  ASSERT_NE(name, std::string::npos);
  bytes.replace(name, 14, "libnowhere.so.");
  folder.write("lost.so", bytes);
  const auto [code, text] = TestHost(folder / "lost.so").refusal();
  EXPECT_EQ(code, "load.open");
  EXPECT_NE(text.find("libnowhere.so."), std::string::npos) << text;
}

// A copy of the plugin that is cut shorter and shorter: each length that 512 divides.
template <typename Visit>
void for_each_cut(const std::filesystem::path& plugin, Visit visit) {
  const ScratchFolder folder;
  folder.write("cut.so", bytes_of(plugin));
  const std::uintmax_t whole = std::filesystem::file_size(plugin);
  for (std::uintmax_t size = (whole - 1) / 512 * 512;; size -= 512) {
    std::filesystem::resize_file(folder / "cut.so", size);
    visit(folder / "cut.so", size);
    if (size == 0) return;
  }
}

TEST(Load, TruncatedLibraryIsRefusedAtEveryCut) {
  for_each_cut(test_plugin_file("counter"), [](const auto& cut, std::uintmax_t size) {
    ASSERT_EQ(refusal_code(cut), "load.elf") << size;
  });
}

TEST(CheckElf, NoCutOfALargerLibraryPasses) {
  EXPECT_TRUE(check_elf(plugin_file("exec")));
  for_each_cut(plugin_file("exec"),
               [](const auto& cut, std::uintmax_t size) { ASSERT_FALSE(check_elf(cut)) << size; });
}

TEST(CheckElf, NoFlippedHeaderByteLeadsOutOfTheFile) {
  const ScratchFolder folder;
  const std::string bytes = bytes_of(test_plugin_file("counter"));
  folder.write("broken.so", bytes);
  std::fstream file(folder / "broken.so", std::ios::in | std::ios::out | std::ios::binary);
  for (std::size_t at = 0; at < 1024; ++at) {
    const auto place = static_cast<std::streamoff>(at);
    file.seekp(place).put(static_cast<char>(~bytes[at])).flush();
    static_cast<void>(check_elf(folder / "broken.so"));  // must return, whatever it says
    file.seekp(place).put(bytes[at]);
  }
  file.flush();
  EXPECT_TRUE(check_elf(folder / "broken.so"));
}

}  // namespace
}  // namespace stagerun
