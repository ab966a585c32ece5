// Wheels and sdists from outside, read to the end of their members. The first
// byte chooses the format.
#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <optional>

#include "source/archive_reader.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using tufmirror::source::Archive;
  constexpr size_t kMaxMember = 65536;
  if (size == 0) return 0;
  const int fd = memfd_create("archive", MFD_CLOEXEC);
  if (fd < 0) std::abort();
  if (write(fd, data + 1, size - 1) != static_cast<ssize_t>(size - 1)) {
    std::abort();
  }
  {
    auto archive = Archive::Open(
        fd, size - 1,
        data[0] % 2 == 0 ? Archive::Format::kZip : Archive::Format::kTarGz);
    while (archive.ok()) {
      const auto member = archive->Next();
      if (!member.ok() || !*member) break;
      if ((*member)->path.size() % 2 == 1) continue;
      const auto content = archive->ReadMember(kMaxMember);
      if (content.ok() && content->size() > kMaxMember) std::abort();
    }
  }
  close(fd);
  return 0;
}
