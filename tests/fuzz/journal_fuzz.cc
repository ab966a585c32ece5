// The journal: whatever is in the file, only safe paths of a tree come out.
#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "absl/status/status.h"
#include "tree/journal.h"
#include "tufmirror/base/target_path.h"
#include "tufmirror/fs/file.h"
#include "tufmirror/tree/layout.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const tufmirror::fs::UniqueFd fd(memfd_create("journal", MFD_CLOEXEC));
  if (write(fd.get(), data, size) != static_cast<ssize_t>(size)) return 0;
  const absl::Status read = tufmirror::tree::ReadJournal(
      "/proc/self/fd/" + std::to_string(fd.get()),
      [](const std::string& tree_path) {
        const auto path = tufmirror::TargetPath::Parse(tree_path);
        if (!path.ok() || tufmirror::tree::IsPackage(*path)) std::abort();
        return absl::OkStatus();
      });
  // An error is as good as success: what came out counts.
  (void)read.ok();
  return 0;
}
