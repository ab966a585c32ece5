// A whole TUF repository in memory, with all its private keys, for tests.
//
// A test changes the public role objects as it likes, signs them with whatever
// keys it likes (also too few, wrong or forged ones), and takes single files
// (Raw) or everything as a server would have it (Publish, files). Nothing here
// verifies anything: the repository may lie in every way a repository can.
// Defects of the fixture itself (no such role, no such text) abort the test.
#ifndef TUFMIRROR_TESTS_SUPPORT_REPOSITORY_FIXTURE_H_
#define TUFMIRROR_TESTS_SUPPORT_REPOSITORY_FIXTURE_H_

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "absl/time/time.h"
#include "tufmirror/crypto/private_key.h"
#include "tufmirror/tuf/model.h"
#include "tufmirror/tuf/verified.h"

namespace tufmirror::testing {

// A private key and the keyid it goes by. Cheap to copy.
struct SigningKey {
  std::shared_ptr<const crypto::PrivateKey> private_key;
  std::string keyid;

  tuf::Key Declared() const;  // as metadata declares it
  tuf::Signature Sign(std::string_view message) const;
  // The same key under another keyid.
  SigningKey As(std::string_view other_keyid) const;
};
// A fresh key; its keyid is the customary one.
SigningKey NewKey(
    crypto::KeyAlgorithm algorithm = crypto::KeyAlgorithm::kEd25519);

// A metadata file with `signed_text` inserted as it is, signed by `keys` over
// its canonical form. Text that has none (floats, duplicate keys, not JSON) is
// signed byte for byte, so that the signatures are never what is wrong.
tuf::RawMetadata SignText(std::string_view signed_text,
                          const std::vector<SigningKey>& keys);
// The same for signatures made by the caller.
tuf::RawMetadata FileOf(std::string_view signed_text,
                        const std::vector<tuf::Signature>& signatures);

// `text` with the first occurrence of `from`, which must be there, replaced.
std::string Replaced(std::string_view text, std::string_view from,
                     std::string_view to);

// What snapshot and timestamp say of other files besides their version.
enum class MetaDetail { kVersionOnly, kLengthAndDigests };
enum class Terminating { kNo, kYes };
using DelegatedPaths = std::variant<tuf::PathPatterns, tuf::PathHashPrefixes>;

class RepositoryFixture {
 public:
  // Version 1 of the four top-level roles, one Ed25519 key each, threshold 1,
  // consistent snapshots, everything valid for 30 days after now(). Nothing is
  // published yet; the snapshot lists the top-level targets role already.
  RepositoryFixture();

  // The reference time of tests: fixed, so that nothing depends on the clock.
  static absl::Time now();

  // The roles as they are to be signed. Edit freely.
  tuf::Root root;
  tuf::Timestamp timestamp;
  tuf::Snapshot snapshot;
  tuf::Targets targets;
  std::map<std::string, tuf::Targets, std::less<>> delegated;  // by role name
  // Who signs a role, by role name ("root", ..., "bin-00"). Edit freely.
  std::map<std::string, std::vector<SigningKey>, std::less<>> signers;

  MetaDetail timestamp_detail = MetaDetail::kLengthAndDigests;
  MetaDetail snapshot_detail = MetaDetail::kVersionOnly;
  // Where files() has things: below one document root.
  std::string metadata_prefix = "metadata/";
  std::string targets_prefix = "targets/";

  // --- Keys of top-level roles: edit `root`, which then needs publishing.

  // One more key that may sign `role`, and does.
  SigningKey AddKey(tuf::TopLevelRole role, crypto::KeyAlgorithm algorithm =
                                                crypto::KeyAlgorithm::kEd25519);
  // One new key in the place of all keys of `role`, threshold 1. Old root keys
  // go on signing root, as a root rotation needs.
  SigningKey RotateKey(tuf::TopLevelRole role);
  void SetThreshold(tuf::TopLevelRole role, int64_t threshold);

  // --- Targets and delegations.

  // `role` is "targets" or a delegated one.
  tuf::Targets& TargetsRole(std::string_view role);
  // A target with SHA-256, or another content under the same path.
  void AddTarget(std::string_view role, std::string_view path,
                 std::string_view content);
  void RemoveTarget(std::string_view role, std::string_view path);
  // Appends a delegation to `delegator`. The role and its key are made if
  // `name` is new; a second delegator of one role gets the same key.
  void Delegate(std::string_view delegator, std::string_view name,
                DelegatedPaths paths,
                Terminating terminating = Terminating::kNo);
  // The usual case: path patterns.
  void Delegate(std::string_view delegator, std::string_view name,
                std::vector<std::string> patterns,
                Terminating terminating = Terminating::kNo);
  // TAP 15: makes all bins, with one key for them. `delegator` must have no
  // other delegations.
  void DelegateSuccinct(std::string_view delegator, int bit_length,
                        std::string_view name_prefix);
  // The bin of `path` under `delegator`'s succinct delegation.
  std::string BinNameOf(std::string_view delegator,
                        std::string_view path) const;

  // --- Single files.

  // The canonical signed part of `role` as it is now.
  std::string Canonical(std::string_view role) const;
  // `role` as it is now, signed by `signers`. The same bytes as long as
  // neither changes, also where signatures are randomised.
  tuf::RawMetadata Raw(std::string_view role);
  // The same, signed by `keys` only.
  tuf::RawMetadata RawSignedBy(std::string_view role,
                               const std::vector<SigningKey>& keys) const;
  // The same with `from` replaced by `to` in the signed part, and then signed.
  tuf::RawMetadata RawEdited(std::string_view role, std::string_view from,
                             std::string_view to) const;

  // --- Publishing.

  // Makes the snapshot list every targets role as it is now, and the timestamp
  // the snapshot. Versions stay.
  void UpdateSnapshotMeta();
  void UpdateTimestampMeta();
  // The next release: targets roles that changed since they were last
  // published get the next version (unless the test gave them another one);
  // snapshot and timestamp likewise; all is written to files().
  void Publish();
  // Writes the root as it is ("N.root.json"); with the next version first if
  // one of this version is published already.
  void PublishRoot();
  // Writes everything but the root as it is now: no version is touched.
  void Write();

  // Path -> bytes, as on a server: "metadata/1.root.json", ...,
  // "targets/dir/SHA256.name". Superseded files stay. Edit freely.
  std::map<std::string, std::string, std::less<>>& files() { return files_; }

 private:
  struct Emitted {
    std::string canonical;
    std::vector<std::string> keyids;
    std::string bytes;
  };

  tuf::RoleKeys& RoleKeysOf(tuf::TopLevelRole role);
  std::vector<std::string> TargetsRoleNames() const;
  void BumpIfChanged(std::string_view role, int64_t& version);
  tuf::MetaFile MetaOf(std::string_view role, int64_t version,
                       MetaDetail detail);
  void WriteRole(std::string_view role, int64_t version);
  void WriteTargetFiles(const tuf::Targets& role);

  std::map<std::string, Emitted, std::less<>> emitted_;
  std::map<std::string, std::string, std::less<>> published_;  // canonical
  std::map<std::string, std::string, std::less<>> contents_;   // by SHA-256
  std::map<std::string, std::string, std::less<>> files_;
};

}  // namespace tufmirror::testing

#endif  // TUFMIRROR_TESTS_SUPPORT_REPOSITORY_FIXTURE_H_
