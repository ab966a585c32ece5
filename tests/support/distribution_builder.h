// Tiny wheels and sdists that installers take for real, and archives of any
// members at all, made in memory. Equal input, equal bytes.
#ifndef TUFMIRROR_TESTS_SUPPORT_DISTRIBUTION_BUILDER_H_
#define TUFMIRROR_TESTS_SUPPORT_DISTRIBUTION_BUILDER_H_

#include <string>
#include <string_view>
#include <vector>

namespace tufmirror::testing {

struct MemberSpec {
  std::string path;
  std::string content = {};
  // Not empty: a symbolic link to this instead of a file.
  std::string link_to = {};
};

// An archive of these members in this order; fails the test if it cannot be
// made.
std::string BuildZip(const std::vector<MemberSpec>& members);
std::string BuildTarGz(const std::vector<MemberSpec>& members);

struct DistributionSpec {
  std::string name;  // also that of its one module, with '_' for '-' and '.'
  std::string version;
  std::string requires_python = {};
  std::vector<std::string> requires_dist = {};
};

// The text of METADATA and PKG-INFO.
std::string CoreMetadataText(const DistributionSpec& spec);

// "my_pkg-1.0-py3-none-any.whl" and "my_pkg-1.0.tar.gz".
std::string WheelFilename(const DistributionSpec& spec);
std::string SdistFilename(const DistributionSpec& spec);

// The wheel installs a module with VERSION in it; the sdist has a setup.py
// that does the same.
std::string BuildWheel(const DistributionSpec& spec);
std::string BuildSdist(const DistributionSpec& spec);

}  // namespace tufmirror::testing

#endif  // TUFMIRROR_TESTS_SUPPORT_DISTRIBUTION_BUILDER_H_
