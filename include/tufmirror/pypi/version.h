// Versions (PEP 440): parsing, normal form, total order.
#ifndef TUFMIRROR_PYPI_VERSION_H_
#define TUFMIRROR_PYPI_VERSION_H_

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/inlined_vector.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"

namespace tufmirror::pypi {

class Version {
 public:
  // Any spelling that PEP 440 allows; kMalformed otherwise. Numbers of any
  // length up to 18 digits.
  static absl::StatusOr<Version> Parse(std::string_view text);

  // Normal form: "1!2.0rc1.post2.dev3+local.1".
  std::string str() const;
  bool is_prerelease() const;  // a, b, rc or dev
  bool is_devrelease() const { return dev_.has_value(); }
  bool is_postrelease() const { return post_.has_value(); }
  bool has_local() const { return !local_.empty(); }

  uint64_t epoch() const { return epoch_; }
  // As written, at least one: 1.0 gives {1, 0}. Valid while the version lives.
  absl::Span<const uint64_t> release() const { return release_; }
  std::string local() const;    // "ubuntu.1", empty if there is none
  Version public_part() const;  // all but the local version

  // The order of the public parts: "1.0+a" and "1.0" are equal here.
  static std::strong_ordering ComparePublic(const Version& a, const Version& b);
  // True if epoch and release are those of `other` ("1.0rc1" and "1").
  bool HasReleaseOf(const Version& other) const;
  // True if `prefix`, which has neither a dev nor a local part, followed by
  // ".*" matches: "1.1.post1" has the prefixes "1", "1.1", "1.1.post1", and so
  // has "1.1.post1.dev2+x". Missing segments of a release count as 0.
  bool HasPrefix(const Version& prefix) const;

  // PEP 440's order; "1.0" equals "1.0.0".
  friend std::strong_ordering operator<=>(const Version& a, const Version& b) {
    if ((a.sort_key_ ^ b.sort_key_) > 1) return a.sort_key_ <=> b.sort_key_;
    return CompareAll(a, b);
  }
  friend bool operator==(const Version& a, const Version& b);

 private:
  friend class VersionParser;
  Version() = default;
  // The public part as one number, as far as one can hold it: where two differ
  // they give the order. The lowest bit is none of that: it says that nothing
  // of the public part was left out.
  uint64_t SortKey() const;
  int PreRank() const;
  static std::strong_ordering CompareAll(const Version& a, const Version& b);

  uint64_t sort_key_ = 0;  // SortKey() of the rest
  uint64_t epoch_ = 0;
  absl::InlinedVector<uint64_t, 4> release_;
  int pre_kind_ = 0;  // 0 none, 1 a, 2 b, 3 rc
  uint64_t pre_ = 0;
  std::optional<uint64_t> post_;
  std::optional<uint64_t> dev_;
  std::vector<std::string> local_;
};

// Sorts release versions as text the way PEP 700 lists are read best: PEP 440
// order, unparsable ones first in byte order; equal spellings once.
void SortVersions(std::vector<std::string>& versions);

}  // namespace tufmirror::pypi

#endif  // TUFMIRROR_PYPI_VERSION_H_
