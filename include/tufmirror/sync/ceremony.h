// Ceremonies of a home: what is published of its offline roles, the note of the
// one that is open, and its publication.
#ifndef TUFMIRROR_SYNC_CEREMONY_H_
#define TUFMIRROR_SYNC_CEREMONY_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "tufmirror/crypto/private_key.h"
#include "tufmirror/repo/ceremony.h"
#include "tufmirror/repo/ceremony_changes.h"
#include "tufmirror/sync/config.h"
#include "tufmirror/tree/home.h"

namespace tufmirror::sync {

// What the live tree of an origin has of its offline roles; kUsage if nothing
// is published yet.
absl::StatusOr<repo::OfflineMetadata> ReadOfflineMetadata(
    const tree::Home& home);

// A ceremony that was begun for a home, and neither published nor aborted.
struct OpenCeremony {
  std::string id;
  absl::Time begun;
  std::string file;  // where the candidate was written to
};
// nullopt if there is none; kMalformed if the note cannot be read.
absl::StatusOr<std::optional<OpenCeremony>> ReadOpenCeremony(
    const tree::Layout& layout);

struct BegunCeremony {
  repo::Candidate candidate;
  std::string file;
};
// Gives the absolute path of the file of the candidate with that id.
using NameCandidate =
    absl::FunctionRef<absl::StatusOr<std::string>(const std::string& id)>;

// Writes the candidate to a new file and notes that it is open. kUsage if the
// file exists or a ceremony is open already, naming it; errors also as
// repo::BeginCeremony. Takes the home's lock.
absl::StatusOr<BegunCeremony> BeginCeremony(
    const tree::Home& home, const repo::CeremonyChanges& changes,
    NameCandidate name, absl::Time now);

// Forgets the open ceremony and gives what it was; its file is left alone.
// kUsage if none is open. Takes the home's lock.
absl::StatusOr<OpenCeremony> AbortCeremony(const tree::Home& home);

struct PublishedCeremony {
  std::string id;
  uint64_t generation = 0;
  std::vector<std::string> offline_roles;  // new versions
  uint64_t metadata_files = 0;
  absl::Time earliest_expiry;
  // It was live already, since a publication that was killed at its end.
  bool by_earlier_try = false;
};

// Gives the passphrase of an online key that is an encrypted file.
using OnlinePassphrase =
    absl::FunctionRef<absl::StatusOr<crypto::Secret>(const OnlineSigner& key)>;

// Publishes the candidate, with what must be signed online for it by the keys
// that `config` names (the new ones, where they change), as the next
// generation. Everything is checked before anything is changed, and the staged
// tree once more before readers see it: as a new client, and as one that has
// what is published now. Errors as repo::CheckPublishable, and kKey if the keys
// are not those that the candidate names. kVersion where nothing is published
// yet, if it is not the candidate that init noted. Takes the home's lock.
absl::StatusOr<PublishedCeremony> PublishCeremony(
    const tree::Home& home, const Config& config,
    const repo::Candidate& candidate, OnlinePassphrase passphrase,
    absl::Time now);

// kRollback if the previous generation has older offline roles than the live
// one: readers that saw these would refuse it. The caller holds the lock.
absl::Status CheckRollbackKeepsOfflineRoles(const tree::Home& home);

}  // namespace tufmirror::sync

#endif  // TUFMIRROR_SYNC_CEREMONY_H_
