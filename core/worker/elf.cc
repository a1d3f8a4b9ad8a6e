#include "core/worker/elf.h"

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <fcntl.h>
#include <sys/stat.h>
#include <vector>

#include <elf.h>
#include <fmt/format.h>

#include "core/base/files.h"

namespace stagerun {
namespace {

#if defined(__x86_64__)
constexpr std::uint16_t kMachine = EM_X86_64;
#elif defined(__aarch64__)
constexpr std::uint16_t kMachine = EM_AARCH64;
#else
#error "name this machine's ELF number here"
#endif

// A file as far as it reaches: reading past its end is an error, not a short read.
class Image {
 public:
  Image(std::string name, int fd, std::uint64_t size)
      : name_(std::move(name)), fd_(fd), size_(size) {}

  bool holds(std::uint64_t offset, std::uint64_t size) const {
    return offset <= size_ && size <= size_ - offset;
  }

  Error wrong(const std::string& what) const {
    return Error{ErrorCode::plugin, fmt::format("{} {}", name_, what), "build or copy it again"};
  }

  Status read(std::uint64_t offset, void* to, std::size_t size) const {
    if (!holds(offset, size)) return wrong("is cut short");
    auto* at = static_cast<char*>(to);
    while (size > 0) {
      const ssize_t count = ::pread(fd_, at, size, static_cast<off_t>(offset));
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) return errno_error("cannot read " + name_, errno);
      if (count == 0) return wrong("is cut short");
      at += count;
      offset += static_cast<std::uint64_t>(count);
      size -= static_cast<std::size_t>(count);
    }
    return {};
  }

  // A table of headers of the same kind, one after the other.
  template <typename Header>
  Result<std::vector<Header>> table(std::uint64_t offset, std::uint64_t count) const {
    if (count > UINT16_MAX) return wrong("has more headers than a library can have");
    std::vector<Header> headers(count);
    TRY(read(offset, headers.data(), count * sizeof(Header)));
    return headers;
  }

 private:
  std::string name_;
  int fd_;
  std::uint64_t size_;
};

Status check_header(const Image& image, const Elf64_Ehdr& header) {
  if (std::memcmp(header.e_ident, ELFMAG, SELFMAG) != 0) return image.wrong("is not a library");
  if (header.e_ident[EI_CLASS] != ELFCLASS64 || header.e_ident[EI_DATA] != ELFDATA2LSB ||
      header.e_machine != kMachine) {
    return image.wrong("was built for another kind of machine");
  }
  if (header.e_type != ET_DYN) return image.wrong("is an ELF file but not a shared library");
  const bool usual = header.e_version == EV_CURRENT && header.e_phentsize == sizeof(Elf64_Phdr) &&
                     header.e_phnum > 0 && header.e_phnum != PN_XNUM;
  return usual ? Status() : image.wrong("has headers that no linker writes");
}

Status check_segments(const Image& image, const Elf64_Ehdr& header) {
  TRY_ASSIGN(const auto segments, image.table<Elf64_Phdr>(header.e_phoff, header.e_phnum));
  for (const Elf64_Phdr& segment : segments) {
    if (!image.holds(segment.p_offset, segment.p_filesz)) return image.wrong("is cut short");
    if (segment.p_type == PT_LOAD && segment.p_filesz > segment.p_memsz) {
      return image.wrong("has a segment that is larger on disk than in memory");
    }
  }
  return {};
}

// Sections are not needed to load a library, but they stand at its end: a cut shows here first.
Status check_sections(const Image& image, const Elf64_Ehdr& header) {
  if (header.e_shoff == 0) return {};
  if (header.e_shentsize != sizeof(Elf64_Shdr)) return image.wrong("has headers of another size");
  TRY_ASSIGN(const auto sections, image.table<Elf64_Shdr>(header.e_shoff, header.e_shnum));
  for (const Elf64_Shdr& section : sections) {
    const bool in_file = section.sh_type != SHT_NOBITS && section.sh_type != SHT_NULL;
    if (in_file && !image.holds(section.sh_offset, section.sh_size)) {
      return image.wrong("is cut short");
    }
  }
  return {};
}

}  // namespace

Status check_elf(const std::filesystem::path& path) {
  // Non-blocking, so that a pipe in the library's place cannot hold us up.
  TRY_ASSIGN(const Fd file, open_file(path, O_RDONLY | O_NONBLOCK));
  struct stat info {};
  if (::fstat(file.get(), &info) != 0) return errno_error("cannot look at " + path.string(), errno);
  const Image image(path.string(), file.get(), static_cast<std::uint64_t>(info.st_size));
  if (!S_ISREG(info.st_mode)) return image.wrong("is not a file");
  Elf64_Ehdr header{};
  if (!image.holds(0, sizeof header)) return image.wrong("is too short to be a library");
  TRY(image.read(0, &header, sizeof header));
  TRY(check_header(image, header));
  TRY(check_segments(image, header));
  return check_sections(image, header);
}

}  // namespace stagerun
