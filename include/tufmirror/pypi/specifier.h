// Version specifiers (PEP 440): "~=2.2,!=2.2.3,<3", what they contain, and
// which Pythons a Requires-Python may admit.
#ifndef TUFMIRROR_PYPI_SPECIFIER_H_
#define TUFMIRROR_PYPI_SPECIFIER_H_

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "tufmirror/pypi/python_version.h"
#include "tufmirror/pypi/version.h"

namespace tufmirror::pypi {

enum class SpecifierOperator {
  kCompatible,    // ~=
  kEqual,         // ==
  kNotEqual,      // !=
  kLessEqual,     // <=
  kGreaterEqual,  // >=
  kLess,          // <
  kGreater,       // >
  kArbitrary,     // ===
};

// "==", "~=", ...
std::string_view OperatorText(SpecifierOperator op);

// Whether a specifier contains pre-releases (dev releases are some too).
enum class Prereleases {
  kDefault,  // only if the specifier itself names one ("==" to ">", not "!=")
  kAllow,
  kForbid,
};

// One operator and its version: ">=1.0", "==1.*", "===1.0-custom".
class VersionClause {
 public:
  // kMalformed says what was expected. Surrounding blanks are ignored.
  static absl::StatusOr<VersionClause> Parse(std::string_view text);

  SpecifierOperator op() const { return op_; }
  // What follows the operator, without ".*"; nullopt only for what "===" takes
  // and PEP 440 does not.
  const std::optional<Version>& version() const { return version_; }
  bool is_prefix() const { return is_prefix_; }  // ends in ".*"
  // True if this asks for pre-releases by naming one.
  bool NamesPrerelease() const;

  // Normal form, trailing zeros of the release kept (they mean something after
  // "~="): "==1.0.*".
  const std::string& str() const { return text_; }

  // PEP 440's comparison and nothing else; pre-releases get no special
  // treatment but that of "<".
  bool Matches(const Version& candidate) const;
  // The same for any text: what is not a version matches "===" only.
  bool Matches(std::string_view candidate) const;

  friend bool operator==(const VersionClause& a, const VersionClause& b) {
    return a.text_ == b.text_;
  }
  friend std::strong_ordering operator<=>(const VersionClause& a,
                                          const VersionClause& b) {
    return a.text_.compare(b.text_) <=> 0;
  }

 private:
  VersionClause() = default;
  SpecifierOperator op_ = SpecifierOperator::kEqual;
  bool is_prefix_ = false;
  std::optional<Version> version_;
  std::string text_;
};

// Clauses that must all hold; a default-constructed one restricts nothing.
class VersionSpecifier {
 public:
  VersionSpecifier() = default;
  // Clauses separated by commas, at most 8 KiB; empty ones are ignored, as
  // installers do. kMalformed quotes the clause that is wrong.
  static absl::StatusOr<VersionSpecifier> Parse(std::string_view text);

  bool empty() const { return clauses_.empty(); }
  // In byte order of their normal forms, each once.
  const std::vector<VersionClause>& clauses() const { return clauses_; }
  bool NamesPrerelease() const;
  // The version if this is a single "==" (without ".*") or "===" with a valid
  // one: a pin.
  std::optional<Version> Pinned() const;
  // Normal form: clauses in byte order joined by ",".
  std::string str() const;

  bool Contains(const Version& candidate,
                Prereleases prereleases = Prereleases::kDefault) const;
  // The same for a version as an index gives it. One that is not of PEP 440 is
  // contained only if all clauses are "===" with that text, and there is one.
  bool Contains(std::string_view candidate,
                Prereleases prereleases = Prereleases::kDefault) const;

  // Indices of the candidates that are contained, in their order. By default
  // pre-releases count only if asked for by name, or else if no final or post
  // release is contained at all.
  std::vector<size_t> Filter(
      absl::Span<const Version> candidates,
      Prereleases prereleases = Prereleases::kDefault) const;

  friend bool operator==(const VersionSpecifier&,
                         const VersionSpecifier&) = default;

 private:
  std::vector<VersionClause> clauses_;
};

// True if at least one final patch release of `minor` (3.8.0, 3.8.1, ...)
// satisfies all clauses. `minor.patch` is ignored. An index may hold a
// Requires-Python that does not parse: installers ignore those.
bool MayContainPython(absl::Span<const VersionClause> clauses,
                      PythonVersion minor);
bool MayContainPython(const VersionSpecifier& requires_python,
                      PythonVersion minor);

}  // namespace tufmirror::pypi

#endif  // TUFMIRROR_PYPI_SPECIFIER_H_
