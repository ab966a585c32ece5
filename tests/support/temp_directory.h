// A directory of a test's own, gone when the test ends.
#ifndef TUFMIRROR_TESTS_SUPPORT_TEMP_DIRECTORY_H_
#define TUFMIRROR_TESTS_SUPPORT_TEMP_DIRECTORY_H_

#include <string>
#include <string_view>

namespace tufmirror::testing {

class TempDirectory {
 public:
  TempDirectory();
  ~TempDirectory();
  TempDirectory(const TempDirectory&) = delete;
  TempDirectory& operator=(const TempDirectory&) = delete;

  const std::string& path() const { return path_; }
  // path() + "/" + `name`.
  std::string Join(std::string_view name) const;
  // Writes a file, making its directories; gives its absolute path.
  std::string Write(std::string_view name, std::string_view bytes) const;

 private:
  std::string path_;
};

// The whole file; fails the test if it cannot be read.
std::string ReadWholeFile(const std::string& path);

}  // namespace tufmirror::testing

#endif  // TUFMIRROR_TESTS_SUPPORT_TEMP_DIRECTORY_H_
