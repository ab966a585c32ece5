// Lets temporary directories lie in memory, where there is such a place, for
// the time of its life: a kill loses nothing that was written, so a test of
// kills need not wait for a disk.
#ifndef TUFMIRROR_TESTS_SUPPORT_TEMPORARIES_IN_MEMORY_H_
#define TUFMIRROR_TESTS_SUPPORT_TEMPORARIES_IN_MEMORY_H_

#include <stdlib.h>

#include <filesystem>
#include <string>

namespace tufmirror::testing {

class TemporariesInMemory {
 public:
  TemporariesInMemory() {
    if (std::filesystem::exists("/dev/shm")) setenv("TMPDIR", "/dev/shm", 1);
  }
  ~TemporariesInMemory() {
    if (before_.empty()) {
      unsetenv("TMPDIR");
    } else {
      setenv("TMPDIR", before_.c_str(), 1);
    }
  }
  TemporariesInMemory(const TemporariesInMemory&) = delete;
  TemporariesInMemory& operator=(const TemporariesInMemory&) = delete;

 private:
  static std::string Before() {
    const char* const value = getenv("TMPDIR");
    return value == nullptr ? "" : value;
  }
  const std::string before_ = Before();
};

}  // namespace tufmirror::testing

#endif  // TUFMIRROR_TESTS_SUPPORT_TEMPORARIES_IN_MEMORY_H_
