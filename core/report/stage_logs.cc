#include "core/report/stage_logs.h"

#include <fcntl.h>

#include <fmt/format.h>

#include "core/base/files.h"
#include "core/base/limits.h"

namespace stagerun {

void StageLogs::on_log(const LogLine& line) {
  if (folder_.empty()) return;
  const auto [place, fresh] = files_.try_emplace(line.stage);
  File& file = place->second;
  if (fresh) {
    auto fd =
        open_file(folder_ / (line.stage + ".log"), O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW);
    if (fd) file.fd = *std::move(fd);
  }
  if (!file.fd || file.bytes > limits::kStageLogBytes) return;
  const std::string text =
      line.stream.empty() ? line.text + "\n" : fmt::format("{}: {}\n", line.stream, line.text);
  file.bytes += text.size();
  const bool full = file.bytes > limits::kStageLogBytes;
  const Status written = write_all(file.fd.get(), full ? "(the rest is not kept)\n" : text);
  if (!written) file.fd.reset();
}

}  // namespace stagerun
