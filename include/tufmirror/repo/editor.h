// Edits the targets of an origin's repository and signs what that changes.
//
// Work and memory are proportional to the bins that change, plus the snapshot
// and the list of when each bin expires.
#ifndef TUFMIRROR_REPO_EDITOR_H_
#define TUFMIRROR_REPO_EDITOR_H_

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "tufmirror/client/repository_view.h"
#include "tufmirror/pypi/names.h"
#include "tufmirror/repo/claim_roles.h"
#include "tufmirror/repo/genesis.h"
#include "tufmirror/repo/signer.h"
#include "tufmirror/tuf/model.h"

namespace tufmirror::repo {

// Version and expiry of each bin, so that nobody reads all bins to learn which
// are due. A record whose version is not the snapshot's says nothing.
struct BinState {
  int64_t version = 0;
  absl::Time expires;
  friend bool operator==(const BinState&, const BinState&) = default;
};
using BinStates = std::map<std::string, BinState, std::less<>>;

// What happens to one target; never both sides empty or equal.
struct TargetChange {
  std::string path;
  std::optional<tuf::TargetFile> before;
  std::optional<tuf::TargetFile> after;
};
// By role, each list sorted by path.
using ChangesByBin = std::map<std::string, std::vector<TargetChange>>;

struct ChangeCounts {
  uint64_t added = 0;
  uint64_t changed = 0;
  uint64_t removed = 0;
  int64_t bytes = 0;  // how much the sum of all targets' lengths grows
};

// A metadata file that was written, and the one it takes the place of.
struct SignedRole {
  std::string role;
  int64_t version = 0;
  std::optional<int64_t> replaces;                 // version
  std::string delegator = std::string(kBinsRole);  // of a delegated role
};

struct SigningResult {
  std::vector<SignedRole> roles;  // empty: nothing had to be signed
  absl::Time earliest_expiry;     // of all metadata of the new state
};

// A project that its maintainers sign (claim_roles.h).
struct ClaimState {
  pypi::ProjectName project;
  ClaimKeys keys;              // that readers ask for
  std::string_view delegator;  // kClaimedRole or kRecentlyClaimedRole
  int64_t version = 0;         // of what the maintainers signed
  absl::Time expires = absl::InfinitePast();
  absl::Status trouble = {};  // readers cannot use it, and why
};
using ClaimStates = std::map<std::string, ClaimState, std::less<>>;

// What the maintainers of a project signed, to be published.
struct ClaimUpdate {
  pypi::ProjectName project;
  ClaimKeys keys;     // for recently-claimed to name; claimed has its own
  std::string bytes;  // the metadata file of the project's role
  // Where the project is not claimed yet: its targets, which leave the bins.
  std::vector<std::string> in_bins;
};

// Not for use by two threads at once.
class RepositoryEditor {
 public:
  // Opens the repository in `view`, which outlives this. `known` may be empty
  // or out of date: bins that it does not know are read. kUnsupported if the
  // repository is not one that MakeGenesis makes.
  static absl::StatusOr<RepositoryEditor> Open(client::RepositoryView& view,
                                               BinStates known);

  // `target` is to be published. A later edit of a path wins. kUnauthorised if
  // no bin may list it, or if it is a claimed project's and its maintainers did
  // not sign just that.
  absl::Status Put(tuf::TargetFile target);
  // `path` is to be no target any more; not an error if it is none.
  absl::Status Remove(std::string path);

  // What is delegated to maintainers, with the edits below.
  const ClaimStates& claims() const { return claims_; }
  // nullptr if `project` is not claimed.
  const ClaimState* FindClaim(std::string_view project) const;
  // Publishes what the maintainers of a project signed, instead of what the
  // bins have. kThreshold, kVersion. kUnsupported if the repository has no
  // claims.
  absl::Status AdoptClaim(ClaimUpdate update);
  // From now on the origin signs what the maintainers signed last; not an error
  // if the project is not claimed. kKey if that needs the offline keys.
  absl::Status DropClaim(const pypi::ProjectName& project);
  // Publishes `bytes` as the role kClaimedRole. What that delegates leaves
  // kRecentlyClaimedRole. kThreshold, kVersion, kUnsupported.
  absl::Status ReplaceClaimed(std::string bytes);

  // Compares the edits with what is published and gives what is left of them;
  // equal ones are dropped. To be called once, after the last edit.
  absl::Status Resolve();
  const ChangesByBin& changes() const { return changes_; }
  ChangeCounts Counts() const;

  // `path` as it will be published; nullopt if it will not be. Needs Resolve.
  absl::StatusOr<std::optional<tuf::TargetFile>> After(std::string_view path);

  // True if Finish would sign something: changes, or metadata that is due.
  // Bins are due below their own share, between a third and two thirds, of
  // their expiry; snapshot and timestamp below half of theirs.
  bool MustSign(const SigningPolicy& policy, absl::Time now) const;

  // The least version that no role signed online has had in this state.
  int64_t NextVersion() const;

  // Signs the bins that changed or are due, and snapshot and timestamp as
  // needed, all as `version`, and gives them to `write`. One number for all
  // roles of a publication: a version that was once published, then rolled
  // back, never comes again with other bytes if the caller never gives it
  // again. Each role is signed by all of `online` that its delegating role
  // names: kKey if they are fewer than its threshold, or one cannot sign.
  // kInternal if `version` is below NextVersion(). Needs Resolve.
  absl::StatusOr<SigningResult> Finish(const SigningPolicy& policy,
                                       absl::Time now, int64_t version,
                                       absl::Span<const Signer> online,
                                       WriteRole write);

  // The states of the bins (and kRecentlyClaimedRole), after Finish as it left
  // them.
  const BinStates& bin_states() const { return states_; }
  // The same with those of claimed projects' roles: what Open wants to know.
  BinStates role_states() const;
  // What the snapshot, after Finish the new one, lists.
  const tuf::Snapshot& snapshot() const { return snapshot_; }
  // The `bins` role, under which bins are verified.
  const tuf::RolePtr& bins_role() const { return bins_role_; }

 private:
  struct Bins;           // which bin a path belongs to
  struct OnlineSigners;  // who signs what
  using Edit = std::optional<tuf::TargetFile>;
  using BinEdits = std::map<std::string, Edit>;
  // A role that was signed elsewhere.
  struct AdoptedClaim {
    tuf::Targets role;
    std::string bytes;
  };

  RepositoryEditor(client::RepositoryView& view, tuf::RolePtr bins_role,
                   std::shared_ptr<const Bins> bins);

  absl::StatusOr<BinEdits*> EditsOf(std::string_view path);
  absl::Status ReadUnknownStates(BinStates known);
  bool IsDue(std::string_view bin, const SigningPolicy& policy,
             absl::Time now) const;
  bool SnapshotIsDue(const SigningPolicy& policy, absl::Time now) const;
  absl::StatusOr<OnlineSigners> SignersAmong(
      absl::Span<const Signer> online) const;
  absl::StatusOr<SignedRole> SignBin(const std::string& name,
                                     const SigningPolicy& policy,
                                     absl::Time now, int64_t version,
                                     const OnlineSigners& online,
                                     WriteRole write);
  absl::StatusOr<std::string> SignSnapshot(const SigningPolicy& policy,
                                           absl::Time now, int64_t version,
                                           const OnlineSigners& online,
                                           WriteRole write);
  absl::Status SignTimestamp(const SigningPolicy& policy, absl::Time now,
                             int64_t version, const tuf::MetaFile& snapshot,
                             const OnlineSigners& online, WriteRole write);
  absl::Time EarliestExpiry() const;

  absl::Status ResolveBin(const std::string& bin, BinEdits& edits);
  absl::Status OpenClaims(BinStates& known);
  absl::Status OpenClaim(pypi::ProjectName project, std::string_view delegator,
                         const tuf::RolePtr& role, BinStates& known);
  int64_t ListedVersion(std::string_view role) const;
  void SetListed(std::string_view role, tuf::MetaFile listed);
  absl::StatusOr<tuf::RolePtr> LoadClaim(const ClaimState& claim);
  absl::StatusOr<const tuf::Targets*> ClaimedTargets(const ClaimState& claim);
  absl::StatusOr<bool> IsAsClaimed(std::string_view path,
                                   const tuf::TargetFile* target);
  void AddEffect(std::string_view role, TargetChange change);
  absl::Status AddEffects(const std::string& role,
                          const std::set<std::string>& paths,
                          const tuf::Targets& after);
  absl::Status MoveToBins(const ClaimState& claim);
  bool ClaimsChanged() const;
  absl::Status WriteSigned(std::string_view role, std::string_view delegator,
                           const AdoptedClaim& next, WriteRole write,
                           SigningResult& result);
  absl::Status FinishClaims(const SigningPolicy& policy, absl::Time now,
                            int64_t version, absl::Span<const Signer> online,
                            WriteRole write, SigningResult& result);

  client::RepositoryView* view_;
  tuf::RolePtr bins_role_;
  std::shared_ptr<const Bins> bins_;
  tuf::Snapshot snapshot_;
  tuf::Timestamp timestamp_;
  BinStates states_;
  std::map<std::string, BinEdits> edits_;  // by bin; until Resolve
  ChangesByBin changes_;                   // of what readers find
  ChangesByBin bin_changes_;               // of what the bins list

  // Where the repository has claims.
  tuf::RolePtr claimed_role_;
  tuf::RolePtr recent_role_;
  std::optional<tuf::Targets> recent_;  // as it is to be
  bool recent_changed_ = false;
  std::optional<AdoptedClaim> next_claimed_;
  ClaimStates claims_;
  std::map<std::string, AdoptedClaim, std::less<>> adopted_;  // by project
  std::set<std::string, std::less<>> dropped_;                // projects
};

}  // namespace tufmirror::repo

#endif  // TUFMIRROR_REPO_EDITOR_H_
