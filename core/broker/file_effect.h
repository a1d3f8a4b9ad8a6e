// file/1: looks at one file of the workspace, keeps a copy of it, or changes it: where it still is
// what the plugin thinks it is, and as a whole or not at all.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <sys/stat.h>

#include "core/base/fd.h"
#include "core/base/loop.h"
#include "core/broker/copying.h"
#include "core/broker/effect.h"
#include "core/broker/file_request.h"
#include "core/broker/new_file.h"
#include "core/broker/workspace_file.h"

namespace stagerun {

class FileEffect final : public Effect {
 public:
  FileEffect(EffectPlace& place, FileRequest request)
      : place_(place), request_(std::move(request)) {}
  ~FileEffect() override { place_.loop.cancel(timer_); }

  void launch() override;
  void cancel(bool at_once) override;

 private:
  void turn();
  void settle(const Status& status);
  Status look();
  Status go_on();
  Status judge();
  Status make_content();
  Status commit();
  Status put();
  Status remove();
  Status rename();
  Status finish_keep();
  bool is_still_so() const;
  Status sync(const Fd& folder);
  bool is(FileRequest::Kind kind) const { return request_.kind == kind; }
  void done(const std::string& digest, std::int64_t size, mode_t mode);
  void fail(std::string_view code, const std::string& text);

  EffectPlace& place_;
  FileRequest request_;
  WorkspaceFile file_;
  std::optional<struct stat> info_;  // of the file as it was looked at; nothing: it was absent
  std::string before_;               // its digest
  int looks_ = 0;
  Fd kept_in_;                       // the scratch folder; before what is created in it
  std::optional<NewFile> new_file_;  // what it is to become, or the copy that is kept
  std::string digest_;               // of new_file_, and its size
  std::int64_t size_ = 0;
  std::unique_ptr<Copying> copying_;
  bool is_looking_ = true;  // copying_ reads the file; else what it is to become
  bool happened_ = false;   // the change was made, and what follows makes it last
  bool ended_ = false;
  Loop::TimerId timer_ = 0;
};

}  // namespace stagerun
