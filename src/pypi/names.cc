// Names are read from the right: extension, then what the kind of file adds
// (wheel tags, platforms), then the split between project and version.
#include "tufmirror/pypi/names.h"

#include <algorithm>
#include <array>
#include <utility>

#include "fmt/format.h"
#include "tufmirror/base/failure.h"
#include "tufmirror/base/status_macros.h"
#include "tufmirror/base/strings.h"
#include "tufmirror/pypi/version.h"

namespace tufmirror::pypi {
namespace {

constexpr size_t kMaxNameBytes = 200;
constexpr size_t kMaxFilenameBytes = 255;

bool IsNameDigit(char c) { return c >= '0' && c <= '9'; }
bool IsAlphanumeric(char c) {
  return IsNameDigit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool EndsWith(std::string_view text, std::string_view end) {
  return text.size() >= end.size() &&
         text.substr(text.size() - end.size()) == end;
}

// What each character of a project name is in its normal form; NUL for those
// that no name has.
constexpr auto kNormalCharacters = [] {
  std::array<char, 256> normal{};
  for (char c = '0'; c <= '9'; ++c) normal[static_cast<size_t>(c)] = c;
  for (char c = 'a'; c <= 'z'; ++c) {
    normal[static_cast<size_t>(c)] = c;
    normal[static_cast<size_t>(c - 'a' + 'A')] = c;
  }
  for (const char c : {'-', '_', '.'}) normal[static_cast<size_t>(c)] = '-';
  return normal;
}();

struct Extension {
  std::string_view text;
  DistributionKind kind;
};

constexpr Extension kExtensions[] = {
    {".whl", DistributionKind::kWheel},
    {".tar.gz", DistributionKind::kSdist},
    {".zip", DistributionKind::kSdist},
    {".egg", DistributionKind::kLegacy},
    {".exe", DistributionKind::kLegacy},
    {".msi", DistributionKind::kLegacy},
    {".rpm", DistributionKind::kLegacy},
    {".tar.bz2", DistributionKind::kLegacy},
    {".dmg", DistributionKind::kLegacy},
    {".deb", DistributionKind::kLegacy},
    {".tar.Z", DistributionKind::kLegacy},
    {".tgz", DistributionKind::kLegacy},
};

const Extension* ExtensionOf(std::string_view filename) {
  for (const Extension& extension : kExtensions) {
    if (EndsWith(filename, extension.text)) return &extension;
  }
  return nullptr;
}

absl::Status MalformedName(std::string_view filename, std::string_view rule) {
  return MakeFailure(Failure::kMalformed,
                     fmt::format("distribution file name '{}': {}",
                                 Printable(filename), rule));
}

absl::Status CheckCharacters(std::string_view filename) {
  if (filename.size() > kMaxFilenameBytes) {
    return MalformedName(
        filename, fmt::format("{} bytes, at most {} expected", filename.size(),
                              kMaxFilenameBytes));
  }
  for (const char c : filename) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F || c == '/' ||
        c == '\\') {
      return MalformedName(filename, "it has a slash or a control character");
    }
  }
  if (!IsUtf8(filename)) return MalformedName(filename, "it is not UTF-8");
  return absl::OkStatus();
}

absl::StatusOr<std::vector<std::string>> ParseTagSet(std::string_view filename,
                                                     std::string_view set) {
  std::vector<std::string> tags;
  for (const std::string_view tag : SplitAt(set, '.')) {
    const bool valid =
        !tag.empty() && std::all_of(tag.begin(), tag.end(), [](char c) {
          return IsAlphanumeric(c) || c == '_';
        });
    if (!valid) {
      return MalformedName(filename,
                           fmt::format("letters, digits and '_' expected in a "
                                       "compatibility tag, got '{}'",
                                       Printable(tag)));
    }
    tags.emplace_back(tag);
  }
  return tags;
}

absl::StatusOr<DistributionName> ParseWheel(std::string_view filename,
                                            std::string_view stem) {
  const std::vector<std::string_view> parts = SplitAt(stem, '-');
  if (parts.size() != 5 && parts.size() != 6) {
    return MalformedName(
        filename, fmt::format("a wheel has 5 or 6 parts between '-', got {}",
                              parts.size()));
  }
  const absl::StatusOr<ProjectName> project = ProjectName::Parse(parts[0]);
  if (!project.ok())
    return MalformedName(filename, MessageOf(project.status()));
  DistributionName name{.kind = DistributionKind::kWheel, .project = *project};
  name.version = parts[1];
  if (name.version.empty()) return MalformedName(filename, "it has no version");
  if (parts.size() == 6) {
    name.build = parts[2];
    if (name.build.empty() || !IsNameDigit(name.build[0])) {
      return MalformedName(
          filename, fmt::format("a build tag starts with a digit, got '{}'",
                                Printable(name.build)));
    }
  }
  const size_t tags = parts.size() - 3;
  ASSIGN_OR_RETURN(name.python_tags, ParseTagSet(filename, parts[tags]));
  ASSIGN_OR_RETURN(name.abi_tags, ParseTagSet(filename, parts[tags + 1]));
  ASSIGN_OR_RETURN(name.platform_tags, ParseTagSet(filename, parts[tags + 2]));
  return name;
}

// Drops what follows the last `separator` in `stem`, if that is there and has
// something before it.
std::string_view DropLast(std::string_view stem, char separator) {
  const size_t at = stem.rfind(separator);
  return at == std::string_view::npos || at == 0 ? stem : stem.substr(0, at);
}

// "foo-1.0-py2.7-linux-x86_64" and "foo-1.0.win32-py2.7" to "foo-1.0".
std::string_view DropPythonAndPlatform(std::string_view stem) {
  for (size_t at = stem.rfind("-py"); at != std::string_view::npos && at > 0;
       at = stem.rfind("-py", at - 1)) {
    if (at + 3 < stem.size() && IsNameDigit(stem[at + 3])) {
      stem = stem.substr(0, at);
      break;
    }
  }
  for (const std::string_view platform : {".win", ".macosx", ".linux"}) {
    const size_t at = stem.rfind(platform);
    if (at != std::string_view::npos && at > 0) stem = stem.substr(0, at);
  }
  return stem;
}

// "NAME-VERSION" out of the stem of a file that is not a wheel.
std::string NameAndVersion(const Extension& extension, std::string_view stem) {
  if (extension.kind == DistributionKind::kSdist) return std::string(stem);
  if (extension.text == ".rpm") {  // name-version-release.architecture
    return std::string(DropLast(DropLast(stem, '.'), '-'));
  }
  if (extension.text == ".deb") {  // name_version-revision_architecture
    std::string plain(DropLast(DropLast(stem, '_'), '-'));
    const size_t at = plain.rfind('_');
    if (at != std::string::npos) plain[at] = '-';
    return plain;
  }
  return std::string(DropPythonAndPlatform(stem));
}

// Where the '-' between project and version is, by the look of the version.
std::optional<size_t> GuessSplitAt(std::string_view stem) {
  std::optional<size_t> before_digit;
  const size_t last = stem.rfind('-');
  for (size_t at = last; at != std::string_view::npos && at > 0;
       at = stem.rfind('-', at - 1)) {
    const std::string_view right = stem.substr(at + 1);
    if (Version::Parse(right).ok()) return at;
    if (!right.empty() && IsNameDigit(right[0])) before_digit = at;
  }
  if (before_digit) return before_digit;
  if (last == std::string_view::npos || last == 0) return std::nullopt;
  return last;
}

// Where the name of `project` ends in `stem`.
std::optional<size_t> SplitAfter(std::string_view stem,
                                 const ProjectName& project) {
  for (size_t at = stem.find('-'); at != std::string_view::npos;
       at = stem.find('-', at + 1)) {
    const absl::StatusOr<ProjectName> left =
        ProjectName::Parse(stem.substr(0, at));
    if (left.ok() && *left == project) return at;
  }
  return std::nullopt;
}

absl::StatusOr<DistributionName> ParseOther(std::string_view filename,
                                            const Extension& extension,
                                            const ProjectName* known) {
  const std::string stem = NameAndVersion(
      extension, filename.substr(0, filename.size() - extension.text.size()));
  const std::optional<size_t> split =
      known != nullptr ? SplitAfter(stem, *known) : GuessSplitAt(stem);
  if (!split) {
    return MalformedName(
        filename,
        known == nullptr
            ? "'{name}-{version}' expected before the extension"
            : fmt::format("it does not start with '{}-'", known->str()));
  }
  const absl::StatusOr<ProjectName> project =
      ProjectName::Parse(std::string_view(stem).substr(0, *split));
  if (!project.ok())
    return MalformedName(filename, MessageOf(project.status()));
  std::string version = stem.substr(*split + 1);
  if (version.empty()) return MalformedName(filename, "it has no version");
  DistributionName name{.kind = extension.kind, .project = *project};
  name.version = std::move(version);
  return name;
}

absl::StatusOr<DistributionName> Parse(std::string_view filename,
                                       const ProjectName* known) {
  const Extension* extension = ExtensionOf(filename);
  if (extension == nullptr) {
    return MakeFailure(Failure::kUnsupported,
                       fmt::format("'{}' does not have the extension of a "
                                   "distribution (.whl, .tar.gz, .zip, ...)",
                                   Printable(filename)));
  }
  RETURN_IF_ERROR(CheckCharacters(filename));
  if (extension->kind != DistributionKind::kWheel) {
    return ParseOther(filename, *extension, known);
  }
  ASSIGN_OR_RETURN(
      DistributionName name,
      ParseWheel(filename,
                 filename.substr(0, filename.size() - extension->text.size())));
  if (known != nullptr && name.project != *known) {
    return MalformedName(
        filename, fmt::format("it does not start with '{}-'", known->str()));
  }
  return name;
}

}  // namespace

absl::StatusOr<ProjectName> ProjectName::Parse(std::string_view name) {
  if (name.empty() || name.size() > kMaxNameBytes ||
      !IsAlphanumeric(name.front()) || !IsAlphanumeric(name.back())) {
    return MakeFailure(
        Failure::kMalformed,
        fmt::format("project name '{}': 1 to {} letters, digits, '.', '-' and "
                    "'_' expected, a letter or digit at both ends",
                    Printable(name), kMaxNameBytes));
  }
  std::string normalized(name.size(), '\0');
  size_t length = 0;
  for (const char c : name) {
    const char normal = kNormalCharacters[static_cast<unsigned char>(c)];
    if (normal == '\0') {
      return MakeFailure(
          Failure::kMalformed,
          fmt::format("project name '{}': letters, digits, '.', '-' and '_' "
                      "expected, got another character",
                      Printable(name)));
    }
    // The first is none of those that run together.
    if (normal == '-' && normalized[length - 1] == '-') continue;
    normalized[length++] = normal;
  }
  normalized.resize(length);
  return ProjectName(std::move(normalized));
}

absl::StatusOr<DistributionName> ParseDistributionName(
    std::string_view filename) {
  return Parse(filename, nullptr);
}

absl::StatusOr<DistributionName> ParseDistributionName(
    std::string_view filename, const ProjectName& project) {
  return Parse(filename, &project);
}

}  // namespace tufmirror::pypi
