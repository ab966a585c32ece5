// What an origin signs online when the candidate of a ceremony is published:
// always snapshot and timestamp; the bins, and online roles beside them, where
// their keys change.
#ifndef TUFMIRROR_REPO_CEREMONY_ONLINE_H_
#define TUFMIRROR_REPO_CEREMONY_ONLINE_H_

#include <cstdint>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "tufmirror/client/repository_view.h"
#include "tufmirror/repo/ceremony.h"
#include "tufmirror/repo/editor.h"
#include "tufmirror/repo/genesis.h"
#include "tufmirror/repo/signer.h"
#include "tufmirror/tuf/model.h"

namespace tufmirror::repo {

struct OnlineResult {
  std::vector<SignedRole> roles;  // that were signed online
  BinStates bins;                 // of the new state
  tuf::Snapshot snapshot;
  absl::Time earliest_expiry;  // of all metadata of the new state
};

// kKey if `signers` are not enough for what the candidate names: to be asked
// before anything is changed.
absl::Status CheckOnlineSigners(const Candidate& candidate,
                                client::RepositoryView& published,
                                absl::Span<const Signer> signers);

// Signs all as `version`, see RepositoryEditor::Finish, and gives them to
// `write`. `published` is what the candidate was made for, `bins` its states.
// Where the number of bins changes, all targets are held in memory once.
absl::StatusOr<OnlineResult> SignOnline(
    const Candidate& candidate, client::RepositoryView& published,
    BinStates bins, const SigningPolicy& policy, absl::Time now,
    int64_t version, absl::Span<const Signer> signers, WriteRole write);

// The same for the first metadata of an origin, which lists `targets`; all of
// version 1.
absl::StatusOr<OnlineResult> SignFirstOnline(
    const Candidate& candidate, const std::vector<tuf::TargetFile>& targets,
    const SigningPolicy& policy, absl::Time now,
    absl::Span<const Signer> signers, WriteRole write);

}  // namespace tufmirror::repo

#endif  // TUFMIRROR_REPO_CEREMONY_ONLINE_H_
