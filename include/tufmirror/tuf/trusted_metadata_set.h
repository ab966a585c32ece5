// The TUF client's state of trust (TUF 5.3 to 5.6) with no input or output:
// bytes go in, are checked completely, and only then change the state.
#ifndef TUFMIRROR_TUF_TRUSTED_METADATA_SET_H_
#define TUFMIRROR_TUF_TRUSTED_METADATA_SET_H_

#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "tufmirror/tuf/model.h"
#include "tufmirror/tuf/verified.h"

namespace tufmirror::tuf {

// Only these transitions exist, and in this order:
//   Create -> UpdateRoot* -> (local timestamp) -> UpdateTimestamp ->
//   (local snapshot) -> UpdateSnapshot -> UpdateTargets -> VerifyDelegated*
// A transition that fails leaves the state as it was. Calling one too early is
// kInternal.
class TrustedMetadataSet {
 public:
  enum class News { kNew, kNone };

  // Trusts `root` as the operator's or as the one persisted before. `now` is
  // the one reference time of the refresh (TUF 5.1).
  static absl::StatusOr<TrustedMetadataSet> Create(const RawMetadata& root,
                                                   absl::Time now);

  // Root version N+1 (TUF 5.3.4, 5.3.5). Its expiry is not looked at.
  absl::Status UpdateRoot(const RawMetadata& raw);

  // The timestamp persisted before: kept, even if expired, as protection from
  // rollback, if it verifies under the current root (TUF 5.3.11); an error
  // means only that it is of no use.
  absl::Status LoadLocalTimestamp(const RawMetadata& raw);
  // A new timestamp (TUF 5.4). The first call fixes the root, which must not
  // be expired. kNone if the version equals the trusted one: the trusted one
  // stays and must not be expired. kRollback if its version or its snapshot's
  // version goes down.
  absl::StatusOr<News> UpdateTimestamp(const RawMetadata& raw);

  // The snapshot persisted before, as for the timestamp. It may be older than
  // what the timestamp says, then it only protects from rollback.
  absl::Status LoadLocalSnapshot(const RawMetadata& raw);
  // True if the local snapshot is the one that the timestamp names.
  bool SnapshotIsCurrent() const;
  // A new snapshot (TUF 5.5): length and digests, signatures, version, no role
  // going down or gone, expiry.
  absl::Status UpdateSnapshot(const RawMetadata& raw);

  // Top-level targets (TUF 5.6).
  absl::Status UpdateTargets(const RawMetadata& raw);

  // A delegated role under `delegator` (TUF 5.6.7): listed in the snapshot
  // (kUnauthorised if not), digests, signatures by the delegator's keys,
  // version, expiry. The state does not change: the caller keeps the result.
  absl::StatusOr<Verified<Targets>> VerifyDelegated(
      const RawMetadata& raw, std::string_view role,
      const Verified<Targets>& delegator) const;

  // From now on VerifyDelegated takes `role` even if it is expired: for a
  // mirror that passes on what its readers will refuse.
  void IgnoreExpiryOf(std::string role) { any_age_.insert(std::move(role)); }

  const Verified<Root>& root() const { return root_; }
  const std::optional<Verified<Timestamp>>& timestamp() const {
    return timestamp_;
  }
  const std::optional<Verified<Snapshot>>& snapshot() const {
    return snapshot_;
  }
  const std::optional<Verified<Targets>>& targets() const { return targets_; }
  absl::Time now() const { return now_; }

  // What the trusted timestamp and snapshot say of a file; for length caps.
  absl::StatusOr<MetaFile> SnapshotMeta() const;
  absl::StatusOr<MetaFile> RoleMeta(std::string_view role) const;

 private:
  TrustedMetadataSet(Verified<Root> root, absl::Time now)
      : root_(std::move(root)), now_(now) {}

  absl::Status CheckSnapshotAgainstTrusted(const Snapshot& snapshot) const;

  Verified<Root> root_;
  absl::Time now_;
  std::optional<Verified<Timestamp>> timestamp_;
  bool timestamp_checked_ = false;  // expiry looked at in this refresh
  std::optional<Verified<Snapshot>> snapshot_;
  bool snapshot_current_ = false;  // agrees with timestamp_, not expired
  std::optional<Verified<Targets>> targets_;
  std::set<std::string, std::less<>> any_age_;  // roles
};

}  // namespace tufmirror::tuf

#endif  // TUFMIRROR_TUF_TRUSTED_METADATA_SET_H_
