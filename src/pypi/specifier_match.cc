// What one clause matches (PEP 440, "Version specifiers"), and the question
// whether any patch release of a Python satisfies clauses.
#include <algorithm>
#include <cstdint>

#include "fmt/format.h"
#include "tufmirror/pypi/specifier.h"

namespace tufmirror::pypi {
namespace {

char Lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool EqualIgnoringCase(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return Lower(x) == Lower(y); });
}

bool MatchesEqual(const Version& candidate, const Version& wanted,
                  bool is_prefix) {
  if (is_prefix) return candidate.HasPrefix(wanted);
  if (wanted.has_local()) return candidate == wanted;
  return Version::ComparePublic(candidate, wanted) == 0;
}

// ">=V, ==P.*" where P is V's release without its last number. Installers take
// V apart as text and stumble over "~=v1.0" and "~=1.0preview1"; here every
// spelling of a version is that version.
bool MatchesCompatible(const Version& candidate, const Version& wanted) {
  if (Version::ComparePublic(candidate, wanted) < 0) return false;
  if (candidate.epoch() != wanted.epoch()) return false;
  const absl::Span<const uint64_t> release = candidate.release();
  for (size_t i = 0; i + 1 < wanted.release().size(); ++i) {
    const uint64_t segment = i < release.size() ? release[i] : 0;
    if (segment != wanted.release()[i]) return false;
  }
  return true;
}

// PEP 440 says that "<V" must not allow a pre-release "of the specified
// version". Installers take that for every pre-release with V's release
// number, so that "<1.0.post1" does not allow "1.0rc1": so does this.
bool MatchesLess(const Version& candidate, const Version& wanted) {
  if (candidate >= wanted) return false;
  return wanted.is_prerelease() || !candidate.is_prerelease() ||
         !candidate.HasReleaseOf(wanted);
}

// Likewise ">V" leaves out post releases (unless V is one) and local versions
// with V's release number: ">1.0rc1" allows neither "1.0.post1" nor "1.0+a".
bool MatchesGreater(const Version& candidate, const Version& wanted) {
  if (candidate <= wanted) return false;
  const bool left_out = candidate.has_local() || (candidate.is_postrelease() &&
                                                  !wanted.is_postrelease());
  return !left_out || !candidate.HasReleaseOf(wanted);
}

bool Compare(SpecifierOperator op, const Version& candidate,
             const Version& wanted, bool is_prefix) {
  switch (op) {
    case SpecifierOperator::kCompatible:
      return MatchesCompatible(candidate, wanted);
    case SpecifierOperator::kEqual:
      return MatchesEqual(candidate, wanted, is_prefix);
    case SpecifierOperator::kNotEqual:
      return !MatchesEqual(candidate, wanted, is_prefix);
    case SpecifierOperator::kLessEqual:
      return Version::ComparePublic(candidate, wanted) <= 0;
    case SpecifierOperator::kGreaterEqual:
      return Version::ComparePublic(candidate, wanted) >= 0;
    case SpecifierOperator::kLess:
      return MatchesLess(candidate, wanted);
    case SpecifierOperator::kGreater:
      return MatchesGreater(candidate, wanted);
    case SpecifierOperator::kArbitrary:
      return false;  // text, not versions: not compared here
  }
  return false;
}

// The text that "===" compares with.
std::string_view ArbitraryText(const std::string& clause) {
  return std::string_view(clause).substr(3);
}

}  // namespace

bool VersionClause::Matches(const Version& candidate) const {
  if (op_ == SpecifierOperator::kArbitrary) {
    return EqualIgnoringCase(candidate.str(), ArbitraryText(text_));
  }
  return version_ && Compare(op_, candidate, *version_, is_prefix_);
}

bool VersionClause::Matches(std::string_view candidate) const {
  if (op_ == SpecifierOperator::kArbitrary &&
      EqualIgnoringCase(candidate, ArbitraryText(text_))) {
    return true;
  }
  // PEP 440 compares text here, installers the normal form: both count.
  const absl::StatusOr<Version> version = Version::Parse(candidate);
  return version.ok() && Matches(*version);
}

bool MayContainPython(absl::Span<const VersionClause> clauses,
                      PythonVersion minor) {
  // A clause changes its mind about 3.8.N only at the N that it names and just
  // after it; between those all N are alike.
  std::vector<uint64_t> patches = {0};
  for (const VersionClause& clause : clauses) {
    if (!clause.version() || clause.version()->release().size() < 3) {
      patches.push_back(1);  // for ">3.8", which leaves out 3.8.0 only
      continue;
    }
    const uint64_t patch = clause.version()->release()[2];
    patches.push_back(patch);
    patches.push_back(patch + 1);
  }
  return std::any_of(patches.begin(), patches.end(), [&](uint64_t patch) {
    const absl::StatusOr<Version> candidate = Version::Parse(
        fmt::format("{}.{}.{}", minor.major, minor.minor, patch));
    return candidate.ok() && std::all_of(clauses.begin(), clauses.end(),
                                         [&](const VersionClause& clause) {
                                           return clause.Matches(*candidate);
                                         });
  });
}

bool MayContainPython(const VersionSpecifier& requires_python,
                      PythonVersion minor) {
  return MayContainPython(requires_python.clauses(), minor);
}

}  // namespace tufmirror::pypi
