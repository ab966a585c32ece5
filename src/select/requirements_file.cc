// Requirements files as pip reads them, but for what an allow list has no use
// for: places to download from, and projects that are no index's.
#include <algorithm>
#include <filesystem>
#include <set>
#include <string>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/strip.h"
#include "fmt/format.h"
#include "select/requirements_lines.h"
#include "tufmirror/base/failure.h"
#include "tufmirror/base/status_macros.h"
#include "tufmirror/base/strings.h"
#include "tufmirror/pypi/requirement.h"
#include "tufmirror/select/project_list.h"

namespace tufmirror::select {
namespace {

constexpr size_t kMaxDepth = 32;
constexpr size_t kMaxFiles = 1000;

enum class Kind { kRequirements, kConstraints };

// Options of a whole file that change nothing about what is listed, and
// whether a value follows.
struct IgnoredOption {
  std::string_view name;
  bool has_value;
};
constexpr IgnoredOption kIgnored[] = {
    {"-i", true},
    {"--index-url", true},
    {"--pypi-url", true},
    {"--extra-index-url", true},
    {"--no-index", false},
    {"-f", true},
    {"--find-links", true},
    {"--no-binary", true},
    {"--only-binary", true},
    {"--prefer-binary", false},
    {"--require-hashes", false},
    {"--pre", false},
    {"--trusted-host", true},
    {"--use-feature", true},
    {"--config-settings", true},
    {"--config-setting", true},
    {"-C", true},
    {"--global-option", true},
    {"--install-option", true},
};

const IgnoredOption* FindIgnored(std::string_view name) {
  for (const IgnoredOption& option : kIgnored) {
    if (option.name == name) return &option;
  }
  return nullptr;
}

// One spelling of a path, to know a file again by. It is not what is opened:
// ".." behind a symlink leads elsewhere.
std::string NormalPath(const std::string& path) {
  return std::filesystem::path(path).lexically_normal().string();
}

std::string DirectoryOf(const std::string& path) {
  const size_t slash = path.rfind('/');
  return slash == std::string::npos ? std::string() : path.substr(0, slash + 1);
}

bool IsUrl(std::string_view text) {
  return absl::StrContains(ToAbsl(text), "://");
}

// What pip takes for a file: a path, or an archive by its extension.
bool LooksLikeFile(std::string_view text) {
  const absl::string_view word =
      ToAbsl(text.substr(0, text.find_first_of(" \t;[")));
  if (absl::StartsWith(word, ".") ||
      word.find_first_of("/\\") != absl::string_view::npos) {
    return true;
  }
  for (const char* extension : {".whl", ".zip", ".tar", ".tgz", ".tbz", ".txz",
                                ".tar.gz", ".tar.bz2", ".tar.xz"}) {
    if (absl::EndsWith(word, extension)) return true;
  }
  return false;
}

class RequirementsReader {
 public:
  explicit RequirementsReader(IncludeReader read) : read_(read) {}

  absl::Status ReadFile(std::string_view text, const std::string& path,
                        Kind kind) {
    if (!IsUtf8(text)) {
      return MakeFailure(
          Failure::kMalformed,
          fmt::format("{}: UTF-8 expected, got other bytes (UTF-16?)",
                      Printable(path)));
    }
    files_.insert({NormalPath(path), kind});
    open_.push_back(path);
    for (const RequirementsLine& line : RequirementsLines(text)) {
      RETURN_IF_ERROR(ReadLine(line, kind));
    }
    open_.pop_back();
    return absl::OkStatus();
  }

  ProjectList Take() && { return std::move(list_); }

 private:
  absl::Status ReadLine(const RequirementsLine& line, Kind kind) {
    RequirementsWords words = SplitOptions(line.text);
    if (words.requirement.empty()) return ReadOptions(line, words.options);
    if (HasVariable(line, words.requirement)) return absl::OkStatus();
    ReadRequirement(line, words, kind);
    return absl::OkStatus();
  }

  // A line of options, of which a file to include is the only one that counts.
  absl::Status ReadOptions(const RequirementsLine& line,
                           const std::vector<std::string>& options) {
    for (size_t i = 0; i < options.size(); ++i) {
      const std::string& name = options[i];
      const bool has_value = i + 1 < options.size();
      if (name == "-r" || name == "--requirement" || name == "-c" ||
          name == "--constraint") {
        if (!has_value) {
          Note(line, fmt::format("{}: a file expected, got nothing", name));
          return absl::OkStatus();
        }
        const Kind kind = name == "-r" || name == "--requirement"
                              ? Kind::kRequirements
                              : Kind::kConstraints;
        RETURN_IF_ERROR(Include(line, options[++i], kind));
      } else if (name == "-e" || name == "--editable") {
        Note(line, fmt::format("'{}': an editable project is not of an index",
                               Printable(line.text)));
        return absl::OkStatus();
      } else if (const IgnoredOption* ignored = FindIgnored(name)) {
        if (ignored->has_value) ++i;
      } else {
        Note(line, fmt::format("'{}': unknown option", Printable(name)));
        return absl::OkStatus();
      }
    }
    return absl::OkStatus();
  }

  absl::Status Include(const RequirementsLine& line, const std::string& name,
                       Kind kind) {
    if (HasVariable(line, name)) return absl::OkStatus();
    if (IsUrl(name)) {
      Note(line, fmt::format("'{}': a URL is not read", Printable(name)));
      return absl::OkStatus();
    }
    const std::string path =
        name.substr(0, 1) == "/" ? name : DirectoryOf(open_.back()) + name;
    const std::string normal = NormalPath(path);
    const auto is_same = [&](const std::string& open) {
      return NormalPath(open) == normal;
    };
    if (std::any_of(open_.begin(), open_.end(), is_same)) {
      Note(line,
           fmt::format("'{}': the file includes itself", Printable(name)));
      return absl::OkStatus();
    }
    if (files_.count({normal, kind}) > 0) return absl::OkStatus();
    if (open_.size() >= kMaxDepth || files_.size() >= kMaxFiles) {
      return MakeFailure(Failure::kTooLarge,
                         fmt::format("{}: at most {} files expected, {} deep",
                                     Place(line), kMaxFiles, kMaxDepth));
    }
    const absl::StatusOr<std::string> text = read_(path);
    if (!text.ok()) return Annotate(text.status(), Place(line));
    return ReadFile(*text, path, kind);
  }

  void ReadRequirement(const RequirementsLine& line,
                       const RequirementsWords& words, Kind kind) {
    const absl::StatusOr<pypi::Requirement> parsed =
        pypi::Requirement::Parse(words.requirement);
    const bool has_url = parsed.ok() && !parsed->url.empty();
    if (!has_url && LooksLikeFile(words.requirement)) {
      Note(line, fmt::format("'{}': a URL or path is not a project of an index",
                             Printable(words.requirement)));
      return;
    }
    if (!parsed.ok()) {
      Note(line, std::string(MessageOf(parsed.status())));
      return;
    }
    if (has_url) {
      Note(line, fmt::format("'{}': it comes from a URL, not from an index",
                             Printable(parsed->name.str())));
      return;
    }
    ListedProject project{.name = parsed->name};
    for (const pypi::ProjectName& extra : parsed->extras) {
      project.extras.push_back(extra.str());
    }
    project.specifier = parsed->specifier.str();
    if (const auto pin = parsed->specifier.Pinned()) {
      project.pinned_version = pin->str();
    }
    if (parsed->marker) project.marker = parsed->marker->str();
    project.origin = Place(line);
    ReadHashes(line, words.options, project);
    (kind == Kind::kRequirements ? list_.projects : list_.constraints)
        .push_back(std::move(project));
  }

  void ReadHashes(const RequirementsLine& line,
                  const std::vector<std::string>& options,
                  ListedProject& project) {
    for (size_t i = 0; i < options.size(); ++i) {
      const IgnoredOption* ignored = FindIgnored(options[i]);
      if (ignored != nullptr) {
        if (ignored->has_value) ++i;
        continue;
      }
      if (options[i] != "--hash" || i + 1 == options.size()) {
        Note(line, fmt::format("'{}': unknown option", Printable(options[i])));
        continue;
      }
      const std::string& hash = options[++i];
      absl::string_view hex = hash;
      const auto digest =
          absl::ConsumePrefix(&hex, "sha256:")
              ? Sha256::FromHex(FromAbsl(hex))
              : MakeFailure(Failure::kUnsupported, "it is not a sha256");
      if (digest.ok()) {
        project.hashes.push_back(*digest);
      } else {
        Note(line, fmt::format("'{}': {}", Printable(hash),
                               MessageOf(digest.status())));
      }
    }
    std::sort(project.hashes.begin(), project.hashes.end());
    project.hashes.erase(
        std::unique(project.hashes.begin(), project.hashes.end()),
        project.hashes.end());
  }

  // "${NAME}" would mean another thing in every environment.
  bool HasVariable(const RequirementsLine& line, std::string_view text) {
    if (!absl::StrContains(ToAbsl(text), "${")) return false;
    Note(line, fmt::format("'{}': environment variables are not expanded",
                           Printable(text)));
    return true;
  }

  std::string Place(const RequirementsLine& line) const {
    return fmt::format("{}:{}", Printable(open_.back()), line.number);
  }

  void Note(const RequirementsLine& line, std::string text) {
    list_.notes.push_back({open_.back(), line.number, std::move(text)});
  }

  IncludeReader read_;
  ProjectList list_;
  std::set<std::pair<std::string, Kind>> files_;  // that were read
  std::vector<std::string> open_;                 // that are being read
};

}  // namespace

absl::StatusOr<ProjectList> ParseRequirements(std::string_view text,
                                              const std::string& path,
                                              IncludeReader read) {
  RequirementsReader reader(read);
  RETURN_IF_ERROR(reader.ReadFile(text, path, Kind::kRequirements));
  return std::move(reader).Take();
}

}  // namespace tufmirror::select
