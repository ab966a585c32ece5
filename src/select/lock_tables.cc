#include "select/lock_tables.h"

#include <algorithm>
#include <utility>

#include "absl/strings/strip.h"
#include "fmt/format.h"
#include "tufmirror/base/failure.h"
#include "tufmirror/base/status_macros.h"
#include "tufmirror/base/strings.h"
#include "tufmirror/pypi/marker.h"
#include "tufmirror/pypi/specifier.h"
#include "tufmirror/pypi/version.h"

namespace tufmirror::select {
namespace {

// A table is destroyed by recursion, and dotted keys nest without a limit of
// the parser's: each level needs a dot, and each line has its own.
constexpr size_t kMaxDotsInLine = 5000;

absl::Status CheckDots(std::string_view text, const std::string& path) {
  size_t line = 1;
  size_t dots = 0;
  for (const char c : text) {
    if (c == '.') ++dots;
    if (dots > kMaxDotsInLine) {
      return MakeFailure(Failure::kTooLarge,
                         fmt::format("{}:{}: at most {} dots expected in a "
                                     "line, got more",
                                     Printable(path), line, kMaxDotsInLine));
    }
    if (c == '\n') {
      ++line;
      dots = 0;
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<toml::table> ParseToml(std::string_view text,
                                      const std::string& path) {
  RETURN_IF_ERROR(CheckDots(text, path));
  toml::parse_result parsed = toml::parse(text, path);
  if (!parsed) {
    const toml::parse_error& error = parsed.error();
    return MakeFailure(
        Failure::kMalformed,
        fmt::format("{}:{}: {}", Printable(path), error.source().begin.line,
                    Printable(error.description())));
  }
  return std::move(parsed).table();
}

std::optional<std::string> TextOf(const toml::table& table,
                                  std::string_view key) {
  const toml::node* node = table.get(key);
  if (node == nullptr) return std::nullopt;
  return node->value_exact<std::string>();
}

std::string JoinMarkers(const std::vector<std::string>& markers) {
  if (markers.size() == 1) return markers[0];
  std::string joined;
  for (const std::string& marker : markers) {
    if (!joined.empty()) joined += " or ";
    joined += fmt::format("({})", marker);
  }
  return joined;
}

absl::Status LockedPackages::UnknownVersion(std::string_view what,
                                            std::string_view got) const {
  return MakeFailure(Failure::kUnsupported,
                     fmt::format("{}: {} expected, got '{}'", Printable(path_),
                                 what, Printable(got)));
}

void LockedPackages::ForEach(
    const toml::table& root, std::string_view key,
    absl::FunctionRef<void(const toml::table& package)> read) {
  const toml::node* node = root.get(key);
  if (node == nullptr) return;
  const toml::array* packages = node->as_array();
  if (packages == nullptr) {
    NoteLine(*node, fmt::format("'{}': an array of tables expected", key));
    return;
  }
  for (const toml::node& element : *packages) {
    if (const toml::table* package = element.as_table()) {
      read(*package);
    } else {
      NoteLine(element, fmt::format("'{}': a table expected", key));
    }
  }
}

ListedProject* LockedPackages::Add(const toml::table& package) {
  const auto name =
      pypi::ProjectName::Parse(TextOf(package, "name").value_or(std::string()));
  if (!name.ok()) {
    NoteLine(package, std::string(MessageOf(name.status())));
    return nullptr;
  }
  ListedProject project{.name = *name};
  if (const std::optional<std::string> text = TextOf(package, "version")) {
    const auto version = pypi::Version::Parse(*text);
    const std::string pin = version.ok() ? version->str() : *text;
    // A text that is not a version may be anything, several clauses too.
    const auto clause = pypi::VersionClause::Parse(
        fmt::format("{}{}", version.ok() ? "==" : "===", pin));
    if (clause.ok()) {
      project.specifier = clause->str();
      project.pinned_version = pin;
    } else {
      Note(package, MessageOf(clause.status()));
    }
  }
  project.origin =
      fmt::format("{}:{}", Printable(path_), package.source().begin.line);
  list_.projects.push_back(std::move(project));
  return &list_.projects.back();
}

void LockedPackages::SetMarker(const toml::table& package,
                               const std::string& marker,
                               ListedProject& project) {
  if (marker.empty()) return;
  const auto parsed = pypi::Marker::Parse(marker);
  if (parsed.ok()) {
    project.marker = parsed->str();
  } else {
    Note(package, MessageOf(parsed.status()));
  }
}

void LockedPackages::AddHash(const toml::table& package, std::string_view hash,
                             ListedProject& project) {
  absl::string_view hex = ToAbsl(hash);
  if (!absl::ConsumePrefix(&hex, "sha256:")) {
    Note(package, fmt::format("'{}': it is not a sha256", Printable(hash)));
    return;
  }
  const auto digest = Sha256::FromHex(FromAbsl(hex));
  if (digest.ok()) {
    project.hashes.push_back(*digest);
  } else {
    Note(package, MessageOf(digest.status()));
  }
}

void LockedPackages::Note(const toml::table& package, std::string_view text) {
  NoteLine(package,
           fmt::format("{}: {}",
                       Printable(TextOf(package, "name").value_or("?")), text));
}

void LockedPackages::NoteLine(const toml::node& node, std::string text) {
  list_.notes.push_back({path_, node.source().begin.line, std::move(text)});
}

ProjectList LockedPackages::Take() && {
  for (ListedProject& project : list_.projects) {
    std::vector<Sha256>& hashes = project.hashes;
    std::sort(hashes.begin(), hashes.end());
    hashes.erase(std::unique(hashes.begin(), hashes.end()), hashes.end());
  }
  return std::move(list_);
}

}  // namespace tufmirror::select
