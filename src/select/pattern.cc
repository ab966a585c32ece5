// Globs become regular expressions; all expressions of a set are searched in
// one pass, in time linear in the text whatever the expressions are.
#include "select/pattern.h"

#include <algorithm>

#include "fmt/format.h"
#include "tufmirror/base/failure.h"
#include "tufmirror/base/status_macros.h"
#include "tufmirror/base/strings.h"
#include "tufmirror/pypi/names.h"
#include "tufmirror/select/rules.h"

namespace tufmirror::select {
namespace {

constexpr size_t kMaxPatternBytes = 4096;
constexpr int64_t kMaxExpressionMemory = int64_t{8} << 20;
constexpr int64_t kMaxSetMemory = int64_t{64} << 20;

re2::RE2::Options OptionsWith(int64_t memory) {
  re2::RE2::Options options;
  options.set_log_errors(false);
  options.set_max_mem(memory);
  return options;
}

absl::Status BadPattern(std::string_view pattern, std::string_view why) {
  return MakeFailure(Failure::kUsage,
                     fmt::format("'{}': {}", Printable(pattern), why));
}

bool IsGlob(std::string_view pattern) {
  return pattern.find_first_of("*?") != std::string_view::npos;
}

// Lower case, and runs of '-', '_' and '.' as one '-', as in a project's name.
std::string NormalizedGlob(std::string_view glob) {
  std::string normal;
  for (const char c : glob) {
    if (c == '-' || c == '_' || c == '.') {
      if (normal.empty() || normal.back() != '-') normal += '-';
    } else {
      normal += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    }
  }
  return normal;
}

std::string ExpressionOfGlob(std::string_view glob) {
  std::string expression = "(?s)^";
  for (size_t i = 0; i < glob.size();) {
    if (glob[i] == '*' || glob[i] == '?') {
      expression += glob[i] == '*' ? ".*" : ".";
      ++i;
      continue;
    }
    const size_t end = std::min(glob.find_first_of("*?", i), glob.size());
    expression += re2::RE2::QuoteMeta(ToRe2(glob.substr(i, end - i)));
    i = end;
  }
  return expression + "$";
}

bool HasNameCharacters(std::string_view glob) {
  return std::all_of(glob.begin(), glob.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.' ||
           c == '*' || c == '?';
  });
}

}  // namespace

absl::StatusOr<PatternSet> PatternSet::Create(
    const std::vector<std::string>& patterns, PatternSubject subject) {
  PatternSet set;
  set.patterns_ = patterns;
  for (size_t i = 0; i < patterns.size(); ++i) {
    const std::string& pattern = patterns[i];
    if (pattern.empty() || pattern.size() > kMaxPatternBytes) {
      return BadPattern(pattern, fmt::format("1 to {} bytes expected, got {}",
                                             kMaxPatternBytes, pattern.size()));
    }
    if (pattern.front() == '/') {
      if (pattern.size() < 3 || pattern.back() != '/') {
        return BadPattern(pattern,
                          "a regular expression between slashes expected");
      }
      RETURN_IF_ERROR(
          set.AddExpression(i, pattern.substr(1, pattern.size() - 2)));
    } else if (subject == PatternSubject::kProject && IsGlob(pattern)) {
      if (!HasNameCharacters(pattern)) {
        return BadPattern(pattern,
                          "a name, a glob with '*' and '?', or /a regular "
                          "expression/ expected");
      }
      RETURN_IF_ERROR(
          set.AddExpression(i, ExpressionOfGlob(NormalizedGlob(pattern))));
    } else if (subject == PatternSubject::kProject) {
      const auto name = pypi::ProjectName::Parse(pattern);
      if (!name.ok())
        return MakeFailure(Failure::kUsage, MessageOf(name.status()));
      set.names_[name->str()].push_back(i);
    } else if (IsGlob(pattern)) {
      RETURN_IF_ERROR(set.AddExpression(i, ExpressionOfGlob(pattern)));
    } else {
      set.names_[pattern].push_back(i);
    }
  }
  RETURN_IF_ERROR(set.CompileSet());
  return set;
}

absl::Status PatternSet::AddExpression(size_t index,
                                       const std::string& expression) {
  auto compiled = std::make_shared<const re2::RE2>(
      expression, OptionsWith(kMaxExpressionMemory));
  if (!compiled->ok()) return BadPattern(patterns_[index], compiled->error());
  expressions_.push_back({index, std::move(compiled)});
  return absl::OkStatus();
}

absl::Status PatternSet::CompileSet() {
  if (expressions_.empty()) return absl::OkStatus();
  auto set = std::make_shared<re2::RE2::Set>(OptionsWith(kMaxSetMemory),
                                             re2::RE2::UNANCHORED);
  for (const Expression& expression : expressions_) {
    std::string error;
    if (set->Add(expression.compiled->pattern(), &error) < 0) {
      return BadPattern(patterns_[expression.index], error);
    }
  }
  if (!set->Compile()) {
    return MakeFailure(Failure::kUsage,
                       fmt::format("{} patterns need more than {} bytes",
                                   expressions_.size(), kMaxSetMemory));
  }
  set_ = std::move(set);
  return absl::OkStatus();
}

std::vector<size_t> PatternSet::MatchAll(std::string_view text) const {
  std::vector<size_t> matches;
  if (const auto name = names_.find(ToAbsl(text)); name != names_.end()) {
    matches = name->second;
  }
  if (set_ != nullptr) {
    std::vector<int> found;
    re2::RE2::Set::ErrorInfo error = {};
    if (!set_->Match(ToRe2(text), &found, &error) &&
        error.kind != re2::RE2::Set::kNoError) {
      // Not enough memory for all at once.
      for (const Expression& expression : expressions_) {
        if (re2::RE2::PartialMatch(ToRe2(text), *expression.compiled)) {
          matches.push_back(expression.index);
        }
      }
      found.clear();
    }
    for (const int i : found) {
      matches.push_back(expressions_[static_cast<size_t>(i)].index);
    }
  }
  std::sort(matches.begin(), matches.end());
  return matches;
}

const std::string* PatternSet::Match(std::string_view text) const {
  if (patterns_.empty()) return nullptr;
  const std::vector<size_t> matches = MatchAll(text);
  return matches.empty() ? nullptr : &patterns_[matches.front()];
}

std::vector<std::string> PatternSet::Names() const {
  std::vector<std::string> names;
  for (const auto& [name, indices] : names_) names.push_back(name);
  std::sort(names.begin(), names.end());
  return names;
}

absl::Status CheckPattern(std::string_view pattern) {
  return PatternSet::Create({std::string(pattern)}, PatternSubject::kText)
      .status();
}

}  // namespace tufmirror::select
