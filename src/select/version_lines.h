// Lines that say something of releases: "numpy>=1.20,<2", "django-*<5".
#ifndef TUFMIRROR_SRC_SELECT_VERSION_LINES_H_
#define TUFMIRROR_SRC_SELECT_VERSION_LINES_H_

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "select/pattern.h"
#include "tufmirror/pypi/names.h"
#include "tufmirror/pypi/specifier.h"

namespace tufmirror::select {

// The version of a release, as its files say it.
struct ReleaseVersion {
  std::string text;
  std::optional<pypi::Version> parsed = {};  // nullopt: not of PEP 440

  static ReleaseVersion Of(std::string_view text);
};

// Pre-releases count as any version. An empty specifier contains everything.
bool ContainsRelease(const pypi::VersionSpecifier& specifier,
                     const ReleaseVersion& version);

// True if `specifier` names one version exactly, with "==" or "===".
bool IsPin(const pypi::VersionSpecifier& specifier);

struct VersionLine {
  std::string text;  // as written
  pypi::VersionSpecifier specifier;
};

class VersionLines {
 public:
  VersionLines() = default;
  // kUsage, with the line and what is wrong with it.
  static absl::StatusOr<VersionLines> Create(
      const std::vector<std::string>& lines);

  // Those for `project`, in order. Valid as long as this object is.
  std::vector<const VersionLine*> For(const pypi::ProjectName& project) const;

 private:
  std::vector<VersionLine> lines_;
  PatternSet projects_;  // of the line with the same index
};

}  // namespace tufmirror::select

#endif  // TUFMIRROR_SRC_SELECT_VERSION_LINES_H_
