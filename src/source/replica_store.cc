#include "tufmirror/source/replica_store.h"

#include <utility>

#include "tufmirror/base/failure.h"
#include "tufmirror/base/status_macros.h"
#include "tufmirror/fs/file.h"
#include "tufmirror/tuf/model.h"

namespace tufmirror::source {
namespace {

constexpr uint64_t kMaxStoredBytes = uint64_t{512} << 20;

// Root, timestamp and snapshot: what protects from rollback between runs.
bool IsTrustAnchor(std::string_view role) {
  return role == "root" || role == "timestamp" || role == "snapshot";
}

absl::StatusOr<tuf::RawMetadata> Read(const std::string& path) {
  ASSIGN_OR_RETURN(std::string bytes, fs::ReadFile(path, kMaxStoredBytes));
  return tuf::RawMetadata{std::move(bytes)};
}

}  // namespace

ReplicaStore::ReplicaStore(tree::Layout layout, Mode mode)
    : layout_(std::move(layout)),
      mode_(mode),
      trust_directory_(mode == Mode::kPersistent ? layout_.upstream_trust()
                                                 : layout_.dry_run()),
      staged_directory_(mode == Mode::kPersistent ? layout_.staged_metadata()
                                                  : layout_.dry_run()) {}

absl::Status ReplicaStore::Prepare() const {
  if (mode_ == Mode::kScratch) RETURN_IF_ERROR(RemoveScratch());
  RETURN_IF_ERROR(
      fs::MakeDirectories(trust_directory_, tree::kPrivateDirectoryMode));
  return fs::MakeDirectories(staged_directory_, tree::kPrivateDirectoryMode);
}

absl::Status ReplicaStore::RemoveScratch() const {
  return fs::RemoveTree(layout_.dry_run());
}

std::string ReplicaStore::TrustPath(std::string_view role) const {
  return trust_directory_ + "/" + tuf::MetadataFileName(role, std::nullopt);
}

std::string ReplicaStore::StagedPath(std::string_view role,
                                     int64_t version) const {
  return staged_directory_ + "/" + tuf::MetadataFileName(role, version);
}

absl::StatusOr<tuf::RawMetadata> ReplicaStore::Load(
    std::string_view role, std::optional<int64_t> version) {
  if (IsTrustAnchor(role)) {
    auto trusted = Read(TrustPath(role));
    if (trusted.ok() || mode_ == Mode::kPersistent) return trusted;
    return Read(layout_.upstream_trust() + "/" +
                tuf::MetadataFileName(role, std::nullopt));
  }
  if (version) {
    if (auto staged = Read(StagedPath(role, *version)); staged.ok()) {
      return staged;
    }
    const std::string live =
        layout_.live() + "/" + tree::MetadataPath(role, version);
    if (auto published = Read(live); published.ok()) return published;
  }
  return Read(layout_.live() + "/" + tree::MetadataPath(role, std::nullopt));
}

absl::Status ReplicaStore::Save(std::string_view role, int64_t version,
                                const tuf::RawMetadata& raw) {
  if (!IsTrustAnchor(role)) {
    return fs::WriteFileAtomically(StagedPath(role, version), raw.bytes,
                                   tree::kServedFileMode,
                                   fs::Durability::kNone);
  }
  if (role == "root") RETURN_IF_ERROR(SaveRoot(version, raw));
  return fs::WriteFileAtomically(TrustPath(role), raw.bytes,
                                 tree::kPrivateFileMode,
                                 fs::Durability::kFsync);
}

absl::StatusOr<tuf::RawMetadata> ReplicaStore::LoadRoot(int64_t version) {
  const std::string name = tuf::MetadataFileName("root", version);
  auto saved = Read(trust_directory_ + "/" + name);
  if (saved.ok()) return saved;
  saved = Read(layout_.upstream_trust() + "/" + name);
  if (saved.ok()) return saved;
  return Read(layout_.live() + "/" + tree::MetadataPath("root", version));
}

absl::Status ReplicaStore::SaveRoot(int64_t version,
                                    const tuf::RawMetadata& raw) {
  return fs::WriteFileAtomically(
      trust_directory_ + "/" + tuf::MetadataFileName("root", version),
      raw.bytes, tree::kPrivateFileMode, fs::Durability::kFsync);
}

}  // namespace tufmirror::source
