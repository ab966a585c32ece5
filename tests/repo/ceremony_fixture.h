// An origin's offline roles in memory, with the keys of all their holders.
#ifndef TUFMIRROR_TESTS_REPO_CEREMONY_FIXTURE_H_
#define TUFMIRROR_TESTS_REPO_CEREMONY_FIXTURE_H_

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "support/status_matchers.h"
#include "tufmirror/repo/ceremony.h"
#include "tufmirror/repo/ceremony_changes.h"
#include "tufmirror/repo/genesis.h"
#include "tufmirror/repo/keys.h"

namespace tufmirror::testing {

class CeremonyFixture : public ::testing::Test {
 protected:
  CeremonyFixture() { Make(3, 2); }

  static absl::Time Start() { return absl::FromUnixSeconds(1'800'000'000); }

  void Make(int root_keys, int threshold) {
    auto keys = repo::OriginKeys::Generate(root_keys);
    ASSERT_THAT(keys, IsOk());
    keys_ = std::make_unique<repo::OriginKeys>(*std::move(keys));
    repo::GenesisOptions options;
    options.bin_bits = 1;
    options.root_threshold = threshold;
    options.now = Start();
    published_ = repo::OfflineMetadata();
    ASSERT_THAT(
        repo::MakeGenesis(options, *keys_,
                          [this](std::string_view role, std::optional<int64_t>,
                                 std::string_view bytes) {
                            Keep(std::string(role), std::string(bytes));
                            return absl::OkStatus();
                          }),
        IsOk());
  }

  // As if `candidate` were published.
  void Publish(const repo::Candidate& candidate) {
    for (const repo::OfflineRole& role : candidate.roles()) {
      Keep(role.name, role.document.Raw().bytes);
    }
  }

  static repo::Signer NewSigner() { return *repo::Signer::Generate(); }
  // What replaces the first root key by `signer`'s.
  repo::CeremonyChanges ReplaceRootKey(const repo::Signer& signer) const {
    repo::CeremonyChanges changes;
    changes.remove = {{"root", keys_->root[0].keyid()}};
    changes.add = {{"root", signer.key()}};
    return changes;
  }
  static repo::CeremonyChanges Renew(const std::string& role) {
    repo::CeremonyChanges changes;
    changes.renew = {role};
    changes.life = absl::Hours(800 * 24);
    return changes;
  }

  repo::Candidate Begin(const repo::CeremonyChanges& changes) {
    auto candidate = repo::BeginCeremony(published_, changes, Start());
    EXPECT_THAT(candidate, IsOk());
    return *std::move(candidate);
  }
  static void Sign(repo::Candidate& candidate, const repo::Signer& signer) {
    EXPECT_THAT(repo::AddSignature(candidate, signer, Start()), IsOk());
  }
  static std::vector<std::string> RoleNames(const repo::Candidate& candidate) {
    std::vector<std::string> names;
    for (const repo::OfflineRole& role : candidate.roles()) {
      names.push_back(role.name);
    }
    return names;
  }
  absl::Status Check(const repo::Candidate& candidate) const {
    return repo::CheckPublishable(candidate, published_, Start());
  }

  std::unique_ptr<repo::OriginKeys> keys_;
  repo::OfflineMetadata published_;

 private:
  void Keep(const std::string& role, std::string bytes) {
    if (role == "root") {
      published_.roots.push_back({std::move(bytes)});
    } else if (role == "targets") {
      published_.targets = tuf::RawMetadata{std::move(bytes)};
    } else if (role == repo::kBinsRole) {
      published_.delegated[role] = tuf::RawMetadata{std::move(bytes)};
    }
  }
};

}  // namespace tufmirror::testing

#endif  // TUFMIRROR_TESTS_REPO_CEREMONY_FIXTURE_H_
