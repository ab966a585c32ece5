// The metadata that a replica keeps of its upstream, in three places: what it
// trusts (state/upstream: root, timestamp, snapshot), what it has verified but
// not yet published (staging/metadata), and what the live tree serves.
#ifndef TUFMIRROR_SOURCE_REPLICA_STORE_H_
#define TUFMIRROR_SOURCE_REPLICA_STORE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "tufmirror/client/metadata_store.h"
#include "tufmirror/tree/layout.h"
#include "tufmirror/tuf/verified.h"

namespace tufmirror::source {

// The file that has the newest local copy of a role, if any.
class ReplicaStore : public client::MetadataStore {
 public:
  // kScratch: what is saved goes to a directory below staging/ that
  // RemoveScratch removes again, so that a dry run changes nothing.
  enum class Mode { kPersistent, kScratch };
  ReplicaStore(tree::Layout layout, Mode mode);

  // Makes the directories it writes to.
  absl::Status Prepare() const;
  absl::Status RemoveScratch() const;

  absl::StatusOr<tuf::RawMetadata> Load(
      std::string_view role, std::optional<int64_t> version) override;

  // Trust anchors are made durable at once; a torn copy of any other role
  // would fail its verification and be fetched again.
  absl::Status Save(std::string_view role, int64_t version,
                    const tuf::RawMetadata& raw) override;

  // Every root that was ever trusted is kept for good, durably: the chain that
  // is served never gets a gap. kNotFound if there is no such version.
  absl::StatusOr<tuf::RawMetadata> LoadRoot(int64_t version);
  absl::Status SaveRoot(int64_t version, const tuf::RawMetadata& raw);

  // Where Save puts a role that is to be published: targets and delegated
  // roles.
  std::string StagedPath(std::string_view role, int64_t version) const;

 private:
  std::string TrustPath(std::string_view role) const;

  tree::Layout layout_;
  Mode mode_;
  std::string trust_directory_;   // written
  std::string staged_directory_;  // written
};

}  // namespace tufmirror::source

#endif  // TUFMIRROR_SOURCE_REPLICA_STORE_H_
