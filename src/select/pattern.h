// PATTERNs: plain names, globs and regular expressions, many at once.
#ifndef TUFMIRROR_SRC_SELECT_PATTERN_H_
#define TUFMIRROR_SRC_SELECT_PATTERN_H_

#include <re2/re2.h>
#include <re2/set.h>

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace tufmirror::select {

inline re2::StringPiece ToRe2(std::string_view text) {
  return re2::StringPiece(text.data(), text.size());
}

enum class PatternSubject {
  kProject,  // normalized names; patterns that are no expressions are too
  kText,     // as it is
};

// Immutable; copies share what is compiled.
class PatternSet {
 public:
  PatternSet() = default;
  // kUsage, with the pattern and what is wrong with it.
  static absl::StatusOr<PatternSet> Create(
      const std::vector<std::string>& patterns, PatternSubject subject);

  bool empty() const { return patterns_.empty(); }
  // The first pattern that matches, as written; null if none does.
  const std::string* Match(std::string_view text) const;
  bool Matches(std::string_view text) const { return Match(text) != nullptr; }
  // Indices of all that do, ascending.
  std::vector<size_t> MatchAll(std::string_view text) const;

  // True if there are only plain names; and those there are, as compared.
  bool HasOnlyNames() const { return expressions_.empty(); }
  std::vector<std::string> Names() const;

 private:
  struct Expression {
    size_t index = 0;
    std::shared_ptr<const re2::RE2> compiled;
  };
  absl::Status AddExpression(size_t index, const std::string& expression);
  absl::Status CompileSet();

  std::vector<std::string> patterns_;
  absl::flat_hash_map<std::string, std::vector<size_t>> names_;
  std::vector<Expression> expressions_;
  std::shared_ptr<const re2::RE2::Set> set_;
};

}  // namespace tufmirror::select

#endif  // TUFMIRROR_SRC_SELECT_PATTERN_H_
