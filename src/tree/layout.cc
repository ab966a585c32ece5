// Names inside a tree that are made from outside names: roles and targets.
#include "tufmirror/tree/layout.h"

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "fmt/format.h"
#include "tufmirror/base/failure.h"
#include "tufmirror/base/status_macros.h"
#include "tufmirror/base/strings.h"

namespace tufmirror::tree {
namespace {

constexpr size_t kMaxSegmentBytes = 255;
constexpr size_t kSha256PrefixBytes = 2 * Sha256::kSize + 1;

std::string_view FirstSegment(std::string_view path) {
  return path.substr(0, path.find('/'));
}

bool IsUnreserved(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.' || c == '~';
}

// "<64 or 128 hexadecimal digits>.<anything>".
bool HasDigestPrefix(std::string_view name) {
  const size_t dot = name.find('.');
  if (dot != 2 * Sha256::kSize && dot != 2 * Sha512::kSize) return false;
  return HexDecode(name.substr(0, dot)).ok();
}

std::string PercentEncode(std::string_view text) {
  std::string encoded;
  for (const char c : text) {
    if (IsUnreserved(c)) {
      encoded += c;
    } else {
      encoded += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return encoded;
}

}  // namespace

std::string IndexProjectsPath(std::string_view index_state) {
  return fmt::format("{}/projects", index_state);
}

std::string IndexCursorsPath(std::string_view index_state) {
  return fmt::format("{}/cursors", index_state);
}

std::string IndexPagePath(std::string_view index_state,
                          std::string_view project,
                          std::string_view extension) {
  return fmt::format("{}/pages/{}/{}.{}", index_state, project.substr(0, 2),
                     project, extension);
}

std::string IndexRequiresPath(std::string_view index_state,
                              std::string_view project) {
  return fmt::format("{}/requires/{}/{}", index_state, project.substr(0, 2),
                     project);
}

std::string MetadataPath(std::string_view role,
                         std::optional<int64_t> version) {
  const std::string number = version ? fmt::format("{}.", *version) : "";
  std::string path =
      fmt::format("{}/{}{}.json", kMetadataDirectory, number, role);
  // A client asks for the encoded name and a web server decodes it, so the
  // file has the decoded name wherever that is safe.
  if (TargetPath::Parse(path).ok()) return path;
  return fmt::format("{}/{}{}.json", kMetadataDirectory, number,
                     PercentEncode(role));
}

std::string PackPath(std::string_view role, int64_t version) {
  std::string path = MetadataPath(role, version);
  path.replace(path.rfind('.'), std::string::npos, ".pack");
  return path.replace(0, kMetadataDirectory.size(), kDeltasDirectory);
}

std::string VersionListPath(int64_t version) {
  return fmt::format("{}/{}.snapshot.versions", kDeltasDirectory, version);
}

absl::StatusOr<TargetPath> TreePathOfTarget(std::string_view target) {
  ASSIGN_OR_RETURN(TargetPath path, TargetPath::Parse(target));
  const std::string_view first = FirstSegment(path.str());
  // In any case: a file system may fold it.
  for (const std::string_view reserved : kReservedNames) {
    if (absl::EqualsIgnoreCase(ToAbsl(first), ToAbsl(reserved))) {
      return MakeFailure(
          Failure::kUnsafePath,
          fmt::format("target {}: expected a name outside {}, which belongs "
                      "to the mirror itself",
                      Printable(target), reserved));
    }
  }
  if (path.str() == kPackagesDirectory || path.str() == kSimpleDirectory) {
    return MakeFailure(
        Failure::kUnsafePath,
        fmt::format("target {}: expected a file, this name is a directory of "
                    "the mirror",
                    Printable(target)));
  }
  if (HasDigestPrefix(path.filename())) {
    return MakeFailure(
        Failure::kUnsafePath,
        fmt::format("target {}: expected a file name that does not begin with "
                    "a digest and a dot, those are other targets' second names",
                    Printable(target)));
  }
  if (path.filename().size() + kSha256PrefixBytes > kMaxSegmentBytes) {
    return MakeFailure(
        Failure::kUnsafePath,
        fmt::format("target {}: expected a file name of at most {} bytes, so "
                    "that its digest fits before it, got {}",
                    Printable(target), kMaxSegmentBytes - kSha256PrefixBytes,
                    path.filename().size()));
  }
  return path;
}

absl::StatusOr<TargetPath> PrefixedPath(const TargetPath& path,
                                        const Digests& digests) {
  if (digests.sha256) return path.WithPrefix(digests.sha256->Hex());
  if (digests.sha512) return path.WithPrefix(digests.sha512->Hex());
  return MakeFailure(
      Failure::kUnsupported,
      fmt::format("name of {} with its digest: expected a sha256 or sha512, "
                  "got {}",
                  Printable(path.str()),
                  digests.unsupported.empty()
                      ? "none"
                      : Printable(digests.unsupported)));
}

bool IsPackage(const TargetPath& path) {
  return path.str().size() > kPackagesDirectory.size() &&
         FirstSegment(path.str()) == kPackagesDirectory;
}

}  // namespace tufmirror::tree
