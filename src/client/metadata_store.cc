#include "tufmirror/client/metadata_store.h"

#include "tufmirror/base/status_macros.h"
#include "tufmirror/fs/file.h"
#include "tufmirror/tuf/model.h"

namespace tufmirror::client {
namespace {

// No metadata file that a fetch allows is larger.
constexpr uint64_t kMaxBytes = uint64_t{512} << 20;
constexpr mode_t kFileMode = 0644;

}  // namespace

std::string DirectoryStore::PathOf(std::string_view role) const {
  return directory_ + "/" + tuf::MetadataFileName(role, std::nullopt);
}

absl::StatusOr<tuf::RawMetadata> DirectoryStore::Load(
    std::string_view role, std::optional<int64_t> /*version*/) {
  ASSIGN_OR_RETURN(std::string bytes, fs::ReadFile(PathOf(role), kMaxBytes));
  return tuf::RawMetadata{std::move(bytes)};
}

absl::Status DirectoryStore::Save(std::string_view role, int64_t /*version*/,
                                  const tuf::RawMetadata& raw) {
  return fs::WriteFileAtomically(PathOf(role), raw.bytes, kFileMode,
                                 fs::Durability::kFsync);
}

}  // namespace tufmirror::client
