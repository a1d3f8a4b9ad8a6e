// The layout of every struct of the ABI, held against sdk/abi.lock: a released layout never
// changes. For a new minor version, members are added at the end, here and in the lock. Whoever
// means it writes the lock anew with STAGERUN_WRITE_ABI_LOCK=1.
#include <cstddef>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>

#include <gtest/gtest.h>

#include <stagerun/stagerun.h>

namespace {

struct Layout {
  std::string text;     // "sr_call.config 64 16": place and size
  std::string padding;  // structs that end in padding, or have a member that is not listed here
  std::size_t end = 0;

  void member(const std::string& name, std::size_t offset, std::size_t size) {
    text += name + " " + std::to_string(offset) + " " + std::to_string(size) + "\n";
    end = offset + size;
  }
  void finish(const std::string& name, std::size_t size) {
    text += name + " " + std::to_string(size) + "\n";
    if (end != size) padding += name + " ";
  }
};

#define MEMBER(type, name) layout.member(#type "." #name, offsetof(type, name), sizeof(type::name))
#define END(type) layout.finish(#type, sizeof(type))

void lay_out_values(Layout& layout) {
  MEMBER(sr_str, data), MEMBER(sr_str, size), END(sr_str);
  MEMBER(sr_field, key), MEMBER(sr_field, value), END(sr_field);
  MEMBER(sr_writer, sink), MEMBER(sr_writer, write), END(sr_writer);
}

void lay_out_call(Layout& layout) {
  MEMBER(sr_call, size), MEMBER(sr_call, verb), MEMBER(sr_call, attempt);
  MEMBER(sr_call, cancel_fd), MEMBER(sr_call, host), MEMBER(sr_call, ref);
  MEMBER(sr_call, run), MEMBER(sr_call, stage), MEMBER(sr_call, key), MEMBER(sr_call, config);
  MEMBER(sr_call, plan), MEMBER(sr_call, receipt), MEMBER(sr_call, checkpoint);
  MEMBER(sr_call, pending), MEMBER(sr_call, settled), MEMBER(sr_call, workspace);
  MEMBER(sr_call, scratch), MEMBER(sr_call, result), END(sr_call);
}

void lay_out_host(Layout& layout) {
  MEMBER(sr_host, size), MEMBER(sr_host, abi_major), MEMBER(sr_host, abi_minor);
  MEMBER(sr_host, log), MEMBER(sr_host, progress), MEMBER(sr_host, cancelled);
  MEMBER(sr_host, remaining_ms), MEMBER(sr_host, now_ms), MEMBER(sr_host, fail);
  MEMBER(sr_host, diagnose), MEMBER(sr_host, pick), MEMBER(sr_host, get), MEMBER(sr_host, set);
  MEMBER(sr_host, checkpoint), MEMBER(sr_host, note), MEMBER(sr_host, read_note);
  MEMBER(sr_host, start), MEMBER(sr_host, next), MEMBER(sr_host, write), MEMBER(sr_host, signal);
  MEMBER(sr_host, cancel), END(sr_host);
}

void lay_out_module(Layout& layout) {
  MEMBER(sr_stage, size), MEMBER(sr_stage, flags), MEMBER(sr_stage, name);
  MEMBER(sr_stage, summary), MEMBER(sr_stage, schema), MEMBER(sr_stage, outputs);
  MEMBER(sr_stage, manifest), MEMBER(sr_stage, validate), MEMBER(sr_stage, plan);
  MEMBER(sr_stage, apply), MEMBER(sr_stage, verify), MEMBER(sr_stage, rollback), END(sr_stage);
  MEMBER(sr_module, size), MEMBER(sr_module, abi_major), MEMBER(sr_module, abi_minor);
  MEMBER(sr_module, name), MEMBER(sr_module, version), MEMBER(sr_module, stage_count);
  MEMBER(sr_module, stages), END(sr_module);
}

Layout current_layout() {
  Layout layout;
  lay_out_values(layout);
  lay_out_call(layout);
  lay_out_host(layout);
  lay_out_module(layout);
  return layout;
}

TEST(AbiLayout, IsTheReleasedOne) {
  const Layout layout = current_layout();
  if (std::getenv("STAGERUN_WRITE_ABI_LOCK") != nullptr) {
    std::ofstream("sdk/abi.lock") << layout.text;
  }
  std::ifstream lock("sdk/abi.lock");
  const std::string released{std::istreambuf_iterator<char>(lock), {}};
  EXPECT_EQ(layout.text, released) << "run from the project's folder; see the top of this file";
}

TEST(AbiLayout, NoStructEndsInPadding) { EXPECT_EQ(current_layout().padding, ""); }

TEST(AbiLayout, NumbersOfTheContractStay) {
  EXPECT_EQ(SR_OK, 0);
  EXPECT_EQ(SR_DENIED, 9);
  EXPECT_EQ(SR_ROLLBACK, 5);
  EXPECT_EQ(SR_READS_ONLY, 16u);
  EXPECT_EQ(sizeof(sr_status), 4u);
}

TEST(SrHas, ShortTableLacksWhatIsBeyondItsSize) {
  sr_host host{};
  host.size = offsetof(sr_host, cancel);
  host.signal = [](const sr_call*, std::uint64_t, std::int32_t) noexcept { return SR_OK + 0; };
  host.cancel = [](const sr_call*, std::uint64_t) noexcept { return SR_OK + 0; };
  EXPECT_TRUE(SR_HAS(&host, signal));
  EXPECT_FALSE(SR_HAS(&host, cancel));
  EXPECT_FALSE(SR_HAS(&host, write));
}

}  // namespace
