#include "tufmirror/repo/genesis.h"

#include <gtest/gtest.h>

#include <set>
#include <variant>

#include "repo/repository_on_disk.h"
#include "tufmirror/repo/claim_roles.h"

namespace tufmirror::repo {
namespace {

using testing::FailsWith;
using testing::IsOk;

class GenesisTest : public testing::RepositoryOnDisk {};

TEST_F(GenesisTest, AClientAcceptsTheFirstMetadata) {
  GenesisOptions options;
  options.targets = {Target("simple/index.html", "page")};
  Make(options);
  const auto found = Find("simple/index.html", Start());
  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(found->target, options.targets[0]);
  EXPECT_TRUE(found->role.starts_with("bin-")) << found->role;
}

TEST_F(GenesisTest, EveryKindOfTargetPathReachesABin) {
  GenesisOptions options;
  for (const char* path :
       {"simple/index.html", "simple/index.v1_json", "simple/six/index.html",
        "packages/six/six-1.0.tar.gz"}) {
    options.targets.push_back(Target(path, path));
  }
  Make(options);
  for (const tuf::TargetFile& target : options.targets) {
    EXPECT_TRUE(Find(target.path, Start()).has_value()) << target.path;
  }
}

TEST_F(GenesisTest, HashPrefixProfileFindsTheSameTargetsWithoutSuccinctRoles) {
  GenesisOptions options;
  options.profile = BinProfile::kHashPrefixes;
  options.bin_bits = 5;
  for (int i = 0; i < 100; ++i) {
    const std::string path = "packages/p/f" + std::to_string(i);
    options.targets.push_back(Target(path, path));
  }
  Make(options);
  ASSERT_OK_AND_ASSIGN(auto view, View(Start()));
  ASSERT_OK_AND_ASSIGN(const auto bins,
                       view.Load(kBinsRole, "targets", view.top()));
  const auto* roles = std::get_if<std::vector<tuf::DelegatedRole>>(
      &(*bins)->delegations->roles);
  ASSERT_NE(roles, nullptr);
  EXPECT_EQ(roles->size(), 32u);
  for (const tuf::TargetFile& target : options.targets) {
    EXPECT_TRUE(Find(target.path, Start()).has_value()) << target.path;
  }
}

TEST_F(GenesisTest, RootNeedsItsThresholdOfSignatures) {
  GenesisOptions options;
  options.root_threshold = 2;
  Make(options, /*root_keys=*/3);
  ASSERT_OK_AND_ASSIGN(const auto view, View(Start()));
  EXPECT_EQ(view.trusted().root()->root.threshold, 2);
  EXPECT_EQ(view.trusted().root()->root.keyids.size(), 3u);
}

TEST_F(GenesisTest, OnlineAndOfflineKeysAreDifferentKeys) {
  Make();
  ASSERT_OK_AND_ASSIGN(const auto view, View(Start()));
  const auto& root = view.trusted().root();
  const std::set<std::string> keyids = {
      root->root.keyids[0], root->targets.keyids[0], root->snapshot.keyids[0],
      keys_->bins.keyid()};
  EXPECT_EQ(keyids.size(), 4u);
  EXPECT_EQ(root->snapshot, root->timestamp);
  EXPECT_TRUE(root->consistent_snapshot);
}

// Else whoever has one of the offline keys, and a server that newcomers ask,
// would need no other: other content under the version that is listed.
TEST_F(GenesisTest, AStolenOfflineKeyAloneCannotReplaceWhatItSigned) {
  GenesisOptions options;
  options.claims = true;
  Make(options);
  ASSERT_OK_AND_ASSIGN(auto view, View(Start()));
  tuf::Targets forged;
  const auto sign = [&forged](const Signer& signer) {
    const std::string canonical = tuf::CanonicalForm(forged);
    auto signature = signer.Sign(canonical);
    EXPECT_THAT(signature, IsOk());
    return tuf::WriteMetadata(canonical, {*std::move(signature)});
  };
  const auto metadata = [](std::string_view role) {
    return "tree/" + tree::MetadataPath(role, 1);
  };
  for (const std::string_view role : {kBinsRole, kClaimedRole}) {
    ASSERT_OK_AND_ASSIGN(const auto before,
                         view.Load(role, "targets", view.top()));
    forged = **before;
    forged.expires += absl::Hours(1);
    dir_.Write(metadata(role), sign(keys_->bins));
    ASSERT_OK_AND_ASSIGN(auto deceived, View(Start()));
    EXPECT_THAT(deceived.Load(role, "targets", deceived.top()),
                FailsWith(Failure::kDigest, std::string(role)));
  }
  forged = **view.top();
  forged.expires += absl::Hours(1);
  dir_.Write(metadata("targets"), sign(keys_->targets));
  EXPECT_THAT(View(Start()), FailsWith(Failure::kDigest, "targets"));
}

TEST_F(GenesisTest, BinsDoNotAllExpireAtOnce) {
  GenesisOptions options;
  options.bin_bits = 4;
  Make(options);
  ASSERT_OK_AND_ASSIGN(auto view, View(Start()));
  ASSERT_OK_AND_ASSIGN(const auto editor, RepositoryEditor::Open(view, {}));
  std::set<absl::Time> expiries;
  for (const auto& [bin, state] : editor.bin_states()) {
    expiries.insert(state.expires);
    EXPECT_GE(state.expires - Start(), policy_.bin_expiry * 0.66) << bin;
    EXPECT_LE(state.expires - Start(), policy_.bin_expiry) << bin;
  }
  EXPECT_EQ(expiries.size(), 16u);
}

TEST_F(GenesisTest, ExpiresWhenItsTimestampDoes) {
  Make();
  EXPECT_THAT(View(Start() + absl::Hours(23)), IsOk());
  EXPECT_THAT(View(Start() + absl::Hours(24)),
              FailsWith(Failure::kExpired, "timestamp"));
}

TEST(CheckGenesisTest, RefusesNumbersOutOfRange) {
  const auto check = [](int bits, int root_threshold, int online_threshold) {
    GenesisOptions options;
    options.bin_bits = bits;
    options.root_threshold = root_threshold;
    options.online_threshold = online_threshold;
    return CheckGenesis(options, /*root_keys=*/2, /*online_keys=*/2);
  };
  EXPECT_THAT(check(0, 1, 1), FailsWith(Failure::kUsage, "bits"));
  EXPECT_THAT(check(17, 1, 1), FailsWith(Failure::kUsage, "bits"));
  EXPECT_THAT(check(6, 3, 1), FailsWith(Failure::kUsage, "root threshold"));
  EXPECT_THAT(check(6, 0, 1), FailsWith(Failure::kUsage, "root threshold"));
  EXPECT_THAT(check(6, 1, 3), FailsWith(Failure::kUsage, "online threshold"));
  EXPECT_THAT(check(6, 1, 0), FailsWith(Failure::kUsage, "online threshold"));
  EXPECT_THAT(check(6, 2, 2), IsOk());
}

}  // namespace
}  // namespace tufmirror::repo
