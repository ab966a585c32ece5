// JSON pages of the simple index, read: our own and those of other indexes.
// What a page must have to be of use here (sha256 and size) is required; what
// indexes leave out or write in two ways is accepted in each way.
#include <algorithm>
#include <string>
#include <utility>

#include "fmt/format.h"
#include "pypi/upstream_json.h"
#include "tufmirror/base/failure.h"
#include "tufmirror/base/status_macros.h"
#include "tufmirror/base/strings.h"
#include "tufmirror/json/document.h"
#include "tufmirror/pypi/simple_index.h"

namespace tufmirror::pypi {
namespace {

using json::Value;

constexpr size_t kMaxPageBytes = size_t{256} << 20;
constexpr size_t kMaxPageDepth = 16;

absl::Status MalformedIndex(std::string message) {
  return MakeFailure(Failure::kMalformed, message);
}

// A string member; empty if absent or null.
absl::StatusOr<std::string> OptionalText(const Value& object,
                                         std::string_view key) {
  const std::optional<Value> value = FindSet(object, key);
  if (!value) return std::string();
  ASSIGN_OR_RETURN(const std::string_view text, value->AsString(key));
  return std::string(text);
}

absl::StatusOr<std::string> RequiredText(const Value& object,
                                         std::string_view key) {
  ASSIGN_OR_RETURN(const Value value, object.Get(key, "a file of the page"));
  ASSIGN_OR_RETURN(const std::string_view text, value.AsString(key));
  if (text.empty()) return MalformedIndex(fmt::format("'{}' is empty", key));
  return std::string(text);
}

absl::StatusOr<Sha256> DigestOf(const Value& hashes, std::string_view what) {
  RETURN_IF_ERROR(hashes.ExpectObject(what));
  ASSIGN_OR_RETURN(const Value value, hashes.Get("sha256", what));
  ASSIGN_OR_RETURN(const std::string_view hex, value.AsString("sha256"));
  return Sha256::FromHex(hex);
}

// {"sha256": ...}; true (without a digest nothing can be verified), false and
// other algorithms all mean: none that can be used.
absl::StatusOr<std::optional<Sha256>> CoreMetadataOf(const Value& file) {
  std::optional<Value> value = FindSet(file, "core-metadata");
  if (!value) value = FindSet(file, "dist-info-metadata");
  if (!value || value->type() == json::Type::kBool) return std::nullopt;
  RETURN_IF_ERROR(value->ExpectObject("core-metadata"));
  if (!value->Find("sha256")) return std::nullopt;
  ASSIGN_OR_RETURN(const Sha256 digest, DigestOf(*value, "core-metadata"));
  return digest;
}

absl::StatusOr<std::optional<std::string>> YankedOf(const Value& file) {
  const std::optional<Value> value = FindSet(file, "yanked");
  if (!value) return std::nullopt;
  if (value->type() == json::Type::kString) {
    ASSIGN_OR_RETURN(const std::string_view reason, value->AsString("yanked"));
    return std::string(reason);
  }
  ASSIGN_OR_RETURN(const bool yanked, value->AsBool("yanked"));
  return yanked ? std::optional<std::string>("") : std::nullopt;
}

absl::StatusOr<std::optional<absl::Time>> UploadTimeOf(const Value& file) {
  ASSIGN_OR_RETURN(const std::string text, OptionalText(file, "upload-time"));
  if (text.empty()) return std::nullopt;
  absl::Time time;
  std::string error;
  if (!absl::ParseTime(absl::RFC3339_full, text, &time, &error) ||
      time == absl::InfiniteFuture() || time == absl::InfinitePast()) {
    return MalformedIndex(
        fmt::format("'upload-time': a time such as "
                    "2026-01-31T23:59:59.000001Z expected, got "
                    "'{}'",
                    Printable(text)));
  }
  return absl::FromUnixMicros(absl::ToUnixMicros(time));
}

// A name that is one segment of a path and nothing else.
absl::Status CheckFilename(std::string_view name) {
  const bool unsafe = name == "." || name == ".." || name.size() > 255 ||
                      std::any_of(name.begin(), name.end(), [](char c) {
                        return c == '/' || c == '\\' || c == 0x7F ||
                               static_cast<unsigned char>(c) < 0x20;
                      });
  if (!unsafe) return absl::OkStatus();
  return MalformedIndex(fmt::format(
      "'filename': a file name expected, got '{}'", Printable(name)));
}

absl::StatusOr<IndexFile> ParseFile(const Value& value) {
  RETURN_IF_ERROR(value.ExpectObject("a file of the page"));
  IndexFile file;
  ASSIGN_OR_RETURN(file.filename, RequiredText(value, "filename"));
  RETURN_IF_ERROR(CheckFilename(file.filename));
  ASSIGN_OR_RETURN(file.url, RequiredText(value, "url"));
  ASSIGN_OR_RETURN(const Value hashes, value.Get("hashes", file.filename));
  ASSIGN_OR_RETURN(file.sha256, DigestOf(hashes, "hashes"));
  ASSIGN_OR_RETURN(const Value size, value.Get("size", file.filename));
  ASSIGN_OR_RETURN(const int64_t bytes, size.AsInteger("size"));
  if (bytes < 0) {
    return MalformedIndex(
        fmt::format("'size': 0 or more expected, got {}", bytes));
  }
  file.size = static_cast<uint64_t>(bytes);
  ASSIGN_OR_RETURN(file.upload_time, UploadTimeOf(value));
  ASSIGN_OR_RETURN(file.requires_python,
                   OptionalText(value, "requires-python"));
  ASSIGN_OR_RETURN(file.core_metadata, CoreMetadataOf(value));
  ASSIGN_OR_RETURN(file.yanked, YankedOf(value));
  ASSIGN_OR_RETURN(file.provenance, OptionalText(value, "provenance"));
  return file;
}

// The page's own version and serial.
absl::StatusOr<std::optional<int64_t>> ParseMeta(const Value& root) {
  ASSIGN_OR_RETURN(const Value meta, root.Get("meta", "the page"));
  RETURN_IF_ERROR(meta.ExpectObject("meta"));
  ASSIGN_OR_RETURN(const Value value, meta.Get("api-version", "meta"));
  ASSIGN_OR_RETURN(const std::string_view version,
                   value.AsString("api-version"));
  if (version.substr(0, 2) != "1.") {
    return MalformedIndex(fmt::format("'api-version': 1.x expected, got '{}'",
                                      Printable(version)));
  }
  const std::optional<Value> serial = FindSet(meta, "_last-serial");
  if (!serial) return std::nullopt;
  ASSIGN_OR_RETURN(const int64_t number, serial->AsInteger("_last-serial"));
  return number;
}

absl::Status ParseStatus(const Value& root, ProjectPage& page) {
  const std::optional<Value> status = FindSet(root, "project-status");
  if (!status) return absl::OkStatus();
  RETURN_IF_ERROR(status->ExpectObject("project-status"));
  ASSIGN_OR_RETURN(page.status, OptionalText(*status, "status"));
  if (page.status == "active") page.status.clear();
  ASSIGN_OR_RETURN(page.status_reason, OptionalText(*status, "reason"));
  return absl::OkStatus();
}

absl::Status ParseLists(const Value& root, ProjectPage& page) {
  ASSIGN_OR_RETURN(const Value files, root.Get("files", "the page"));
  RETURN_IF_ERROR(files.ExpectArray("files"));
  page.files.reserve(files.size());
  RETURN_IF_ERROR(files.ForEachElement([&](Value value) -> absl::Status {
    absl::StatusOr<IndexFile> file = ParseFile(value);
    if (!file.ok()) {
      return Annotate(file.status(),
                      fmt::format("file {}", page.files.size() + 1));
    }
    page.files.push_back(*std::move(file));
    return absl::OkStatus();
  }));
  const std::optional<Value> versions = FindSet(root, "versions");
  if (!versions) return absl::OkStatus();
  RETURN_IF_ERROR(versions->ExpectArray("versions"));
  return versions->ForEachElement([&](Value value) -> absl::Status {
    ASSIGN_OR_RETURN(const std::string_view text, value.AsString("a version"));
    page.versions.emplace_back(text);
    return absl::OkStatus();
  });
}

absl::StatusOr<ProjectPage> ParsePage(const Value& root) {
  RETURN_IF_ERROR(root.ExpectObject("the page"));
  ASSIGN_OR_RETURN(const std::optional<int64_t> serial, ParseMeta(root));
  ASSIGN_OR_RETURN(const Value name, root.Get("name", "the page"));
  ASSIGN_OR_RETURN(const std::string_view text, name.AsString("name"));
  ASSIGN_OR_RETURN(ProjectName project, ProjectName::Parse(text));
  ProjectPage page{.name = std::move(project)};
  page.last_serial = serial;
  RETURN_IF_ERROR(ParseLists(root, page));
  RETURN_IF_ERROR(ParseStatus(root, page));
  return page;
}

}  // namespace

absl::StatusOr<ProjectPage> ParseProjectJson(std::string_view text) {
  absl::StatusOr<json::Document> document = json::Document::Parse(
      text, {.max_bytes = kMaxPageBytes, .max_depth = kMaxPageDepth});
  if (!document.ok()) return Annotate(document.status(), "index page");
  absl::StatusOr<ProjectPage> page = ParsePage(document->root());
  if (!page.ok()) return Annotate(page.status(), "index page");
  return page;
}

}  // namespace tufmirror::pypi
