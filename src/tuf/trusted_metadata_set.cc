// The transitions of trust. In each: verify, compare, and only in the last
// lines assign.
#include "tufmirror/tuf/trusted_metadata_set.h"

#include <cstdint>
#include <limits>
#include <utility>

#include "fmt/format.h"
#include "tufmirror/base/failure.h"
#include "tufmirror/base/status_macros.h"
#include "tufmirror/base/strings.h"
#include "tufmirror/crypto/hash.h"

namespace tufmirror::tuf {
namespace {

absl::Status CheckNotExpired(std::string_view role, const Common& common,
                             absl::Time now) {
  if (now < common.expires) return absl::OkStatus();
  return MakeFailure(
      Failure::kExpired,
      fmt::format("{} version {} expired at {}, and it is {} now",
                  Printable(role, 80), common.version,
                  FormatExpiry(common.expires), FormatExpiry(now)));
}

absl::Status TooEarly(std::string_view transition) {
  return MakeFailure(Failure::kInternal,
                     fmt::format("{} called too early", transition));
}

// Length and digests of a metadata file, where its parent lists them.
absl::Status CheckMetaContent(const RawMetadata& raw, const MetaFile& meta,
                              std::string_view role) {
  if (meta.length && raw.bytes.size() != *meta.length) {
    return MakeFailure(
        Failure::kLength,
        fmt::format("{}: expected {} bytes, got {}", Printable(role, 80),
                    *meta.length, raw.bytes.size()));
  }
  if (meta.digests.empty()) return absl::OkStatus();
  return crypto::CheckContent(raw.bytes,
                              ExpectedContent{raw.bytes.size(), meta.digests},
                              Printable(role, 80));
}

absl::Status CheckVersion(std::string_view role, int64_t expected,
                          int64_t got) {
  if (expected == got) return absl::OkStatus();
  return MakeFailure(got < expected ? Failure::kRollback : Failure::kVersion,
                     fmt::format("{}: expected version {}, got {}",
                                 Printable(role, 80), expected, got));
}

// TUF 5.5.5: no listed role may go down or disappear.
absl::Status CheckNoRoleGoesDown(const Snapshot& trusted,
                                 const Snapshot& offered) {
  for (const auto& [role, meta] : trusted.meta) {
    const MetaFile* now_listed = offered.Find(role);
    if (now_listed == nullptr) {
      return MakeFailure(
          Failure::kRollback,
          fmt::format("snapshot version {}: role '{}' of trusted version {} "
                      "is gone",
                      offered.version, Printable(role, 80), trusted.version));
    }
    if (now_listed->version < meta.version) {
      return MakeFailure(
          Failure::kRollback,
          fmt::format("snapshot version {}: role '{}' goes from version {} "
                      "down to {}",
                      offered.version, Printable(role, 80), meta.version,
                      now_listed->version));
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<TrustedMetadataSet> TrustedMetadataSet::Create(
    const RawMetadata& root, absl::Time now) {
  auto verified = Verifier::VerifyInitialRoot(root);
  if (!verified.ok()) return Annotate(verified.status(), "trusted root");
  return TrustedMetadataSet(*std::move(verified), now);
}

absl::Status TrustedMetadataSet::UpdateRoot(const RawMetadata& raw) {
  if (timestamp_.has_value()) {
    return MakeFailure(Failure::kInternal, "UpdateRoot called after timestamp");
  }
  if (root_->version == std::numeric_limits<int64_t>::max()) {
    return MakeFailure(
        Failure::kVersion,
        fmt::format("root: no version can follow {}", root_->version));
  }
  ASSIGN_OR_RETURN(Verified<Root> root, Verifier::VerifyNextRoot(raw, root_));
  RETURN_IF_ERROR(CheckVersion("root", root_->version + 1, root->version));
  root_ = std::move(root);
  return absl::OkStatus();
}

absl::Status TrustedMetadataSet::LoadLocalTimestamp(const RawMetadata& raw) {
  if (timestamp_.has_value()) {
    return MakeFailure(Failure::kInternal, "a timestamp is loaded already");
  }
  ASSIGN_OR_RETURN(Verified<Timestamp> timestamp,
                   Verifier::VerifyTimestamp(raw, root_));
  timestamp_ = std::move(timestamp);
  return absl::OkStatus();
}

absl::StatusOr<TrustedMetadataSet::News> TrustedMetadataSet::UpdateTimestamp(
    const RawMetadata& raw) {
  if (snapshot_.has_value()) {
    return MakeFailure(Failure::kInternal,
                       "UpdateTimestamp called after snapshot");
  }
  RETURN_IF_ERROR(CheckNotExpired("root", *root_, now_));
  ASSIGN_OR_RETURN(Verified<Timestamp> timestamp,
                   Verifier::VerifyTimestamp(raw, root_));
  if (timestamp_) {
    const Timestamp& trusted = **timestamp_;
    if (timestamp->version < trusted.version) {
      return CheckVersion("timestamp", trusted.version, timestamp->version);
    }
    if (timestamp->version == trusted.version) {
      RETURN_IF_ERROR(CheckNotExpired("timestamp", trusted, now_));
      timestamp_checked_ = true;
      return News::kNone;
    }
    if (timestamp->snapshot.version < trusted.snapshot.version) {
      return CheckVersion("snapshot as timestamp lists it",
                          trusted.snapshot.version,
                          timestamp->snapshot.version);
    }
  }
  RETURN_IF_ERROR(CheckNotExpired("timestamp", *timestamp, now_));
  timestamp_ = std::move(timestamp);
  timestamp_checked_ = true;
  return News::kNew;
}

absl::Status TrustedMetadataSet::LoadLocalSnapshot(const RawMetadata& raw) {
  if (!timestamp_checked_) return TooEarly("LoadLocalSnapshot");
  if (snapshot_.has_value()) {
    return MakeFailure(Failure::kInternal, "a snapshot is loaded already");
  }
  ASSIGN_OR_RETURN(Verified<Snapshot> snapshot,
                   Verifier::VerifySnapshot(raw, root_));
  const MetaFile& named = (*timestamp_)->snapshot;
  const bool current = snapshot->version == named.version &&
                       CheckMetaContent(raw, named, "snapshot").ok() &&
                       now_ < snapshot->expires;
  snapshot_ = std::move(snapshot);
  snapshot_current_ = current;
  return absl::OkStatus();
}

bool TrustedMetadataSet::SnapshotIsCurrent() const { return snapshot_current_; }

absl::Status TrustedMetadataSet::UpdateSnapshot(const RawMetadata& raw) {
  if (!timestamp_checked_) return TooEarly("UpdateSnapshot");
  if (targets_.has_value()) {
    return MakeFailure(Failure::kInternal,
                       "UpdateSnapshot called after targets");
  }
  const MetaFile& named = (*timestamp_)->snapshot;
  RETURN_IF_ERROR(CheckMetaContent(raw, named, "snapshot"));
  ASSIGN_OR_RETURN(Verified<Snapshot> snapshot,
                   Verifier::VerifySnapshot(raw, root_));
  RETURN_IF_ERROR(CheckVersion("snapshot", named.version, snapshot->version));
  if (snapshot_) RETURN_IF_ERROR(CheckNoRoleGoesDown(**snapshot_, *snapshot));
  RETURN_IF_ERROR(CheckNotExpired("snapshot", *snapshot, now_));
  snapshot_ = std::move(snapshot);
  snapshot_current_ = true;
  return absl::OkStatus();
}

absl::Status TrustedMetadataSet::UpdateTargets(const RawMetadata& raw) {
  if (!snapshot_current_) return TooEarly("UpdateTargets");
  ASSIGN_OR_RETURN(const MetaFile meta, RoleMeta("targets"));
  RETURN_IF_ERROR(CheckMetaContent(raw, meta, "targets"));
  ASSIGN_OR_RETURN(Verified<Targets> targets,
                   Verifier::VerifyTargets(raw, root_));
  RETURN_IF_ERROR(CheckVersion("targets", meta.version, targets->version));
  RETURN_IF_ERROR(CheckNotExpired("targets", *targets, now_));
  targets_ = std::move(targets);
  return absl::OkStatus();
}

absl::StatusOr<Verified<Targets>> TrustedMetadataSet::VerifyDelegated(
    const RawMetadata& raw, std::string_view role,
    const Verified<Targets>& delegator) const {
  if (!targets_) return TooEarly("VerifyDelegated");
  ASSIGN_OR_RETURN(const MetaFile meta, RoleMeta(role));
  RETURN_IF_ERROR(CheckMetaContent(raw, meta, role));
  ASSIGN_OR_RETURN(Verified<Targets> targets,
                   Verifier::VerifyDelegated(raw, role, delegator));
  RETURN_IF_ERROR(CheckVersion(role, meta.version, targets->version));
  if (!any_age_.contains(role)) {
    RETURN_IF_ERROR(CheckNotExpired(role, *targets, now_));
  }
  return targets;
}

absl::StatusOr<MetaFile> TrustedMetadataSet::SnapshotMeta() const {
  if (!timestamp_checked_) return TooEarly("SnapshotMeta");
  return (*timestamp_)->snapshot;
}

absl::StatusOr<MetaFile> TrustedMetadataSet::RoleMeta(
    std::string_view role) const {
  if (!snapshot_current_) return TooEarly("RoleMeta");
  const MetaFile* meta = (*snapshot_)->Find(role);
  if (meta == nullptr) {
    return MakeFailure(Failure::kUnauthorised,
                       fmt::format("role '{}' is not in snapshot version {}",
                                   Printable(role, 80), (*snapshot_)->version));
  }
  return *meta;
}

}  // namespace tufmirror::tuf
