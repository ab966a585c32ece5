// The options become one list of interpreters; what runs on none is refused.
#include "select/python_rules.h"

#include <algorithm>
#include <cstdint>
#include <optional>

#include "fmt/format.h"
#include "select/rule_text.h"
#include "tufmirror/base/failure.h"
#include "tufmirror/base/status_macros.h"
#include "tufmirror/base/strings.h"
#include "tufmirror/pypi/specifier.h"

namespace tufmirror::select {
namespace {

using pypi::Implementation;
using pypi::Interpreter;
using pypi::PythonVersion;

// Specifiers and exclusions choose among these: what there was, and what may
// come while this program is in use.
std::vector<PythonVersion> KnownVersions() {
  std::vector<PythonVersion> versions;
  for (uint32_t minor = 4; minor <= 7; ++minor) {
    versions.push_back({.major = 2, .minor = minor});
  }
  for (uint32_t minor = 0; minor <= 20; ++minor) {
    versions.push_back({.major = 3, .minor = minor});
  }
  return versions;
}

// Those that somebody may install a project on today.
bool IsInUse(const PythonVersion& version) {
  return version.major == 2 ? version.minor == 7
                            : version.minor >= 5 && version.minor <= 16;
}

struct ImplementationWord {
  std::string_view word;
  Implementation implementation;
  bool free_threaded = false;
};
constexpr ImplementationWord kImplementations[] = {
    {"cpython", Implementation::kCpython},
    {"cpython-freethreaded", Implementation::kCpython, true},
    {"pypy", Implementation::kPypy},
    {"graalpy", Implementation::kGraalpy},
};

bool IsSame(const PythonVersion& a, const PythonVersion& b) {
  return a.major == b.major && a.minor == b.minor;
}

absl::StatusOr<std::vector<PythonVersion>> ReadWord(std::string_view option,
                                                    const std::string& word) {
  std::vector<PythonVersion> versions;
  if (word == "2" || word == "3") {
    const uint32_t major = word == "2" ? 2 : 3;
    for (const PythonVersion& known : KnownVersions()) {
      if (known.major == major) versions.push_back(known);
    }
    return versions;
  }
  if (const auto version = PythonVersion::Parse(word); version.ok()) {
    return std::vector<PythonVersion>{*version};
  }
  const auto specifier = pypi::VersionSpecifier::Parse(word);
  if (!specifier.ok() || specifier->empty()) {
    return BadValue(option, word,
                    "a version such as \"3.12\", \"3\", or a specifier such as "
                    "\">=3.9\"");
  }
  for (const PythonVersion& known : KnownVersions()) {
    if (pypi::MayContainPython(*specifier, known)) versions.push_back(known);
  }
  if (versions.empty()) {
    return BadValue(option, word, "a specifier that admits a Python");
  }
  return versions;
}

absl::StatusOr<std::vector<PythonVersion>> ReadVersions(
    std::string_view option, const std::vector<std::string>& words) {
  std::vector<PythonVersion> versions;
  for (const std::string& word : words) {
    ASSIGN_OR_RETURN(const auto more, ReadWord(option, word));
    versions.insert(versions.end(), more.begin(), more.end());
  }
  std::sort(versions.begin(), versions.end());
  versions.erase(std::unique(versions.begin(), versions.end()), versions.end());
  return versions;
}

absl::StatusOr<const ImplementationWord*> ReadImplementation(
    std::string_view option, const std::string& word) {
  for (const ImplementationWord& known : kImplementations) {
    if (known.word == word) return &known;
  }
  return BadValue(option, word,
                  "cpython, cpython-freethreaded, pypy or graalpy");
}

absl::StatusOr<std::vector<ImplementationWord>> ReadImplementations(
    const Rules& rules) {
  std::vector<ImplementationWord> chosen;
  for (const std::string& word : rules.implementations) {
    ASSIGN_OR_RETURN(const auto* known,
                     ReadImplementation("implementations", word));
    chosen.push_back(*known);
  }
  if (chosen.empty()) {
    chosen.assign(std::begin(kImplementations), std::end(kImplementations));
  }
  for (const std::string& word : rules.exclude_implementations) {
    ASSIGN_OR_RETURN(const auto* known,
                     ReadImplementation("exclude_implementations", word));
    chosen.erase(std::remove_if(chosen.begin(), chosen.end(),
                                [&](const ImplementationWord& other) {
                                  return other.word == known->word;
                                }),
                 chosen.end());
  }
  return chosen;
}

std::string DescriptionOf(const Rules& rules, bool with_implementations) {
  std::string text;
  const auto add = [&](std::string_view option,
                       const std::vector<std::string>& values) {
    if (values.empty()) return;
    if (!text.empty()) text += ", ";
    text += RuleText(option, values);
  };
  add("pythons", rules.pythons);
  add("exclude_pythons", rules.exclude_pythons);
  if (with_implementations) {
    add("implementations", rules.implementations);
    add("exclude_implementations", rules.exclude_implementations);
  }
  return text;
}

}  // namespace

absl::StatusOr<PythonRules> PythonRules::Create(const Rules& rules) {
  PythonRules made;
  made.restricts_versions_ =
      !rules.pythons.empty() || !rules.exclude_pythons.empty();
  made.restricts_ = made.restricts_versions_ ||
                    !rules.implementations.empty() ||
                    !rules.exclude_implementations.empty();
  made.reads_requires_python_ = rules.requires_python;
  ASSIGN_OR_RETURN(made.versions_, ReadVersions("pythons", rules.pythons));
  if (made.versions_.empty()) made.versions_ = KnownVersions();
  ASSIGN_OR_RETURN(const auto excluded,
                   ReadVersions("exclude_pythons", rules.exclude_pythons));
  for (const PythonVersion& version : excluded) {
    made.versions_.erase(
        std::remove_if(
            made.versions_.begin(), made.versions_.end(),
            [&](const PythonVersion& other) { return IsSame(other, version); }),
        made.versions_.end());
  }
  ASSIGN_OR_RETURN(const auto implementations, ReadImplementations(rules));
  if (made.versions_.empty() || implementations.empty()) {
    return MakeFailure(
        Failure::kUsage,
        fmt::format("select.{}: a Python expected, but none is left",
                    DescriptionOf(rules, true)));
  }
  for (const PythonVersion& version : made.versions_) {
    for (const ImplementationWord& word : implementations) {
      made.interpreters_.push_back({.implementation = word.implementation,
                                    .version = version,
                                    .free_threaded = word.free_threaded});
    }
  }
  made.text_ = DescriptionOf(rules, true);
  made.versions_text_ = DescriptionOf(rules, false);
  return made;
}

std::string PythonRules::RefusalOfWheel(const pypi::WheelTags& tags) const {
  if (!restricts_) return "";
  const bool runs =
      std::any_of(interpreters_.begin(), interpreters_.end(),
                  [&](const Interpreter& interpreter) {
                    return pypi::RunsOnInterpreter(tags, interpreter);
                  });
  return runs ? "" : text_;
}

std::string PythonRules::RefusalOfRequiresPython(
    std::string_view requires_python) const {
  if (!restricts_versions_ || !reads_requires_python_ ||
      requires_python.empty()) {
    return "";
  }
  const auto specifier = pypi::VersionSpecifier::Parse(requires_python);
  if (!specifier.ok()) return "";
  const bool admits = std::any_of(
      versions_.begin(), versions_.end(), [&](const PythonVersion& version) {
        return pypi::MayContainPython(*specifier, version);
      });
  if (admits) return "";
  return fmt::format("{}: Requires-Python '{}' admits none", versions_text_,
                     Printable(requires_python, 80));
}

std::vector<Interpreter> PythonRules::Representatives() const {
  std::vector<Interpreter> representatives;
  for (const Interpreter& interpreter : interpreters_) {
    if (restricts_versions_ || IsInUse(interpreter.version)) {
      representatives.push_back(interpreter);
    }
  }
  return representatives;
}

}  // namespace tufmirror::select
