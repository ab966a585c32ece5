// A distribution says three times what it is: in its file name, in its
// metadata and (wheels) in a directory name. All have to say the same, as
// installers compare them too.
#include "tufmirror/source/distribution_reader.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "fmt/format.h"
#include "source/archive_reader.h"
#include "tufmirror/base/failure.h"
#include "tufmirror/base/status_macros.h"
#include "tufmirror/base/strings.h"
#include "tufmirror/crypto/hash.h"
#include "tufmirror/fs/file.h"
#include "tufmirror/pypi/version.h"

namespace tufmirror::source {
namespace {

using pypi::DistributionKind;
using pypi::DistributionName;

constexpr size_t kMaxMetadataBytes = size_t{4} << 20;
constexpr size_t kHashBlockBytes = size_t{256} << 10;
constexpr std::string_view kDistInfo = ".dist-info";

absl::Status Malformed(std::string message) {
  return MakeFailure(Failure::kMalformed, message);
}

// An open distribution file and what it was when it was opened.
struct OpenFile {
  fs::UniqueFd fd;
  struct stat info = {};
};

absl::StatusOr<OpenFile> OpenRegular(const std::string& path) {
  OpenFile file;
  ASSIGN_OR_RETURN(file.fd, fs::Open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK));
  if (fstat(file.fd.get(), &file.info) != 0) {
    return fs::ErrnoFailure(errno, "stat", path);
  }
  if (!S_ISREG(file.info.st_mode)) {
    return MakeFailure(
        Failure::kFileSystem,
        fmt::format("read {}: not a regular file", Printable(path)));
  }
  return file;
}

// Digest and metadata come from two readings: both must be of one content.
absl::Status CheckUnchanged(const OpenFile& file, const std::string& path) {
  struct stat now = {};
  if (fstat(file.fd.get(), &now) != 0) {
    return fs::ErrnoFailure(errno, "stat", path);
  }
  if (now.st_size == file.info.st_size &&
      now.st_mtim.tv_sec == file.info.st_mtim.tv_sec &&
      now.st_mtim.tv_nsec == file.info.st_mtim.tv_nsec &&
      now.st_ctim.tv_sec == file.info.st_ctim.tv_sec &&
      now.st_ctim.tv_nsec == file.info.st_ctim.tv_nsec) {
    return absl::OkStatus();
  }
  return MakeFailure(Failure::kHeldBack, "the file changed while it was read");
}

absl::StatusOr<ExpectedContent> HashFile(const OpenFile& file,
                                         const std::string& path) {
  crypto::ContentHasher hasher((Digests()));
  std::vector<char> block(kHashBlockBytes);
  off_t position = 0;
  while (true) {
    const ssize_t got =
        pread(file.fd.get(), block.data(), block.size(), position);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return fs::ErrnoFailure(errno, "read", path);
    if (got == 0) break;
    hasher.Update(std::string_view(block.data(), static_cast<size_t>(got)));
    position += got;
  }
  return ExpectedContent{.length = static_cast<uint64_t>(position),
                         .digests = hasher.FinishDigests()};
}

bool SameVersion(std::string_view a, std::string_view b) {
  const absl::StatusOr<pypi::Version> left = pypi::Version::Parse(a);
  const absl::StatusOr<pypi::Version> right = pypi::Version::Parse(b);
  if (left.ok() && right.ok()) return *left == *right;
  // File names escape '-' as '_'.
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) {
    return x == y || ((x == '-' || x == '_') && (y == '-' || y == '_'));
  });
}

// Collects the one member that holds the metadata while all are passed.
class MetadataFinder {
 public:
  explicit MetadataFinder(const DistributionName& name)
      : wheel_(name.kind == DistributionKind::kWheel) {}

  absl::Status Visit(const ArchiveMember& member, Archive& archive) {
    const size_t slash = member.path.find('/');
    if (slash == std::string::npos) return absl::OkStatus();
    const std::string top = member.path.substr(0, slash);
    const std::string_view rest =
        std::string_view(member.path).substr(slash + 1);
    if (wheel_) {
      if (!IsDistInfo(top)) return absl::OkStatus();
      RETURN_IF_ERROR(CheckOnlyDistInfo(top));
    }
    if (rest != Wanted()) return absl::OkStatus();
    if (content_) {
      return Malformed(fmt::format("has two '*/{}': '{}/{}' and '{}'", Wanted(),
                                   Printable(directory_), Wanted(),
                                   Printable(member.path)));
    }
    if (!member.regular) {
      return Malformed(
          fmt::format("'{}' is not a regular file", Printable(member.path)));
    }
    directory_ = top;
    ASSIGN_OR_RETURN(content_, archive.ReadMember(kMaxMetadataBytes));
    return absl::OkStatus();
  }

  // The metadata and the directory that it was in.
  absl::StatusOr<std::string> TakeContent() {
    if (content_) return *std::move(content_);
    return Malformed(wheel_ ? "has no '*.dist-info/METADATA'"
                            : "has no 'PKG-INFO' in its top directory");
  }
  const std::string& directory() const { return directory_; }

 private:
  static bool IsDistInfo(std::string_view directory) {
    return directory.size() > kDistInfo.size() &&
           directory.substr(directory.size() - kDistInfo.size()) == kDistInfo;
  }
  std::string_view Wanted() const { return wheel_ ? "METADATA" : "PKG-INFO"; }

  // Installers refuse a wheel with a second one, empty or not.
  absl::Status CheckOnlyDistInfo(const std::string& directory) {
    if (directory_.empty()) directory_ = directory;
    if (directory_ == directory) return absl::OkStatus();
    return Malformed(
        fmt::format("has two .dist-info directories: '{}' and "
                    "'{}'",
                    Printable(directory_), Printable(directory)));
  }

  const bool wheel_;
  std::string directory_;
  std::optional<std::string> content_;
};

// "Foo_Bar-1.0.dist-info" must name what the wheel's file name names.
absl::Status CheckDistInfo(std::string_view directory,
                           const DistributionName& name) {
  const std::string_view stem =
      directory.substr(0, directory.size() - kDistInfo.size());
  const size_t split = stem.rfind('-');
  if (split != std::string_view::npos) {
    const auto project = pypi::ProjectName::Parse(stem.substr(0, split));
    if (project.ok() && *project == name.project &&
        SameVersion(stem.substr(split + 1), name.version)) {
      return absl::OkStatus();
    }
  }
  return Malformed(fmt::format(
      "the file name says {} {}, the directory in it is '{}'",
      name.project.str(), Printable(name.version), Printable(directory)));
}

// `name` as the metadata explains it: only they tell "foo-1.0-1.tar.gz" of
// project "foo" from one of project "foo-1-0".
absl::StatusOr<DistributionName> CheckIdentity(
    const DistributionName& name, const pypi::CoreMetadata& metadata,
    std::string_view filename) {
  const absl::StatusOr<pypi::ProjectName> project =
      pypi::ProjectName::Parse(metadata.name);
  if (!project.ok()) return Annotate(project.status(), "core metadata");
  absl::StatusOr<DistributionName> agreed =
      *project == name.project
          ? name
          : pypi::ParseDistributionName(filename, *project);
  if (!agreed.ok()) {
    return Malformed(
        fmt::format("the file name says project {}, its metadata say '{}'",
                    name.project.str(), Printable(metadata.name)));
  }
  if (!SameVersion(agreed->version, metadata.version)) {
    return Malformed(
        fmt::format("the file name says version '{}', its metadata say '{}'",
                    Printable(agreed->version), Printable(metadata.version)));
  }
  return agreed;
}

// The bytes of METADATA or PKG-INFO.
absl::StatusOr<std::string> ReadMetadataMember(const OpenFile& file,
                                               std::string_view filename,
                                               const DistributionName& name) {
  const std::string_view kTarGz = ".tar.gz";
  const bool tar = filename.size() > kTarGz.size() &&
                   filename.substr(filename.size() - kTarGz.size()) == kTarGz;
  ASSIGN_OR_RETURN(
      Archive archive,
      Archive::Open(file.fd.get(), static_cast<uint64_t>(file.info.st_size),
                    tar ? Archive::Format::kTarGz : Archive::Format::kZip));
  MetadataFinder finder(name);
  while (true) {
    ASSIGN_OR_RETURN(const std::optional<ArchiveMember> member, archive.Next());
    if (!member) break;
    RETURN_IF_ERROR(finder.Visit(*member, archive));
  }
  ASSIGN_OR_RETURN(std::string content, finder.TakeContent());
  if (name.kind == DistributionKind::kWheel) {
    RETURN_IF_ERROR(CheckDistInfo(finder.directory(), name));
  }
  return content;
}

absl::StatusOr<DistributionName> ParseReadableName(std::string_view filename) {
  ASSIGN_OR_RETURN(DistributionName name,
                   pypi::ParseDistributionName(filename));
  if (name.kind == DistributionKind::kLegacy) {
    return MakeFailure(
        Failure::kUnsupported,
        fmt::format("{}: a legacy kind of distribution: only wheels (.whl) and "
                    "sdists (.tar.gz, .zip) are read",
                    Printable(filename)));
  }
  return name;
}

absl::StatusOr<Distribution> ReadOpenFile(const OpenFile& file,
                                          const std::string& path,
                                          std::string_view filename,
                                          const DistributionName& name) {
  ASSIGN_OR_RETURN(std::string text, ReadMetadataMember(file, filename, name));
  ASSIGN_OR_RETURN(pypi::CoreMetadata metadata, pypi::ParseCoreMetadata(text));
  ASSIGN_OR_RETURN(DistributionName agreed,
                   CheckIdentity(name, metadata, filename));
  ASSIGN_OR_RETURN(ExpectedContent content, HashFile(file, path));
  if (name.kind != DistributionKind::kWheel) text.clear();
  return Distribution{.name = std::move(agreed),
                      .content = std::move(content),
                      .metadata = std::move(metadata),
                      .metadata_file = std::move(text)};
}

}  // namespace

absl::StatusOr<Distribution> ReadDistribution(const std::string& path,
                                              std::string_view filename) {
  ASSIGN_OR_RETURN(const DistributionName name, ParseReadableName(filename));
  ASSIGN_OR_RETURN(const OpenFile file, OpenRegular(path));
  absl::StatusOr<Distribution> distribution =
      ReadOpenFile(file, path, filename, name);
  // A failure to read what changes meanwhile says nothing about the file.
  RETURN_IF_ERROR(Annotate(CheckUnchanged(file, path), Printable(filename)));
  if (!distribution.ok()) {
    return Annotate(distribution.status(), Printable(filename));
  }
  return distribution;
}

absl::StatusOr<std::string> ReadMetadataFile(
    const std::string& path, std::string_view filename,
    const std::optional<Sha256>& expected) {
  ASSIGN_OR_RETURN(const DistributionName name, ParseReadableName(filename));
  ASSIGN_OR_RETURN(const OpenFile file, OpenRegular(path));
  ASSIGN_OR_RETURN(std::string text, ReadMetadataMember(file, filename, name));
  if (!expected) return text;
  const Sha256 digest = crypto::Sha256Of(text);
  if (digest == *expected) return text;
  return MakeFailure(
      Failure::kDigest,
      fmt::format("core metadata in {}: SHA-256 {} expected, got {}",
                  Printable(path), expected->Hex(), digest.Hex()));
}

}  // namespace tufmirror::source
