// Candidates that somebody made to deceive whoever signs or publishes them.
#include <gtest/gtest.h>

#include <functional>
#include <limits>

#include "repo/ceremony_fixture.h"
#include "tufmirror/crypto/hash.h"

namespace tufmirror::repo {
namespace {

using testing::FailsWith;
using testing::IsOk;

class HostileCandidateTest : public testing::CeremonyFixture {
 protected:
  // A candidate of one role that is as the trusted one, but for the version and
  // what `change` does to it.
  absl::Status Propose(const std::string& role,
                       const std::function<void(ProposedRole&)>& change) {
    const Candidate renewal = Begin(Renew(role));
    ProposedRole proposed{role, renewal.roles()[0].content, {}};
    change(proposed);
    return Candidate::Make(published_, {std::move(proposed)}, Start()).status();
  }
  static tuf::Root& Root(ProposedRole& role) {
    return std::get<tuf::Root>(role.content);
  }
  static tuf::Targets& Targets(ProposedRole& role) {
    return std::get<tuf::Targets>(role.content);
  }
};

TEST_F(HostileCandidateTest, RefusesOneKeyUnderTwoKeyids) {
  EXPECT_THAT(Propose("root",
                      [this](ProposedRole& role) {
                        Root(role).keys["abc"] = keys_->root[0].key();
                        Root(role).root.keyids.push_back("abc");
                      }),
              FailsWith(Failure::kKey, "under two keyids"));
}

TEST_F(HostileCandidateTest, RefusesAThresholdThatLocksEverybodyOut) {
  for (const char* name : {"root", "targets", "snapshot", "timestamp"}) {
    EXPECT_THAT(Propose("root",
                        [name](ProposedRole& role) {
                          tuf::Root& root = Root(role);
                          const std::map<std::string, tuf::RoleKeys*> roles = {
                              {"root", &root.root},
                              {"targets", &root.targets},
                              {"snapshot", &root.snapshot},
                              {"timestamp", &root.timestamp}};
                          roles.at(name)->threshold = 9;
                        }),
                FailsWith(Failure::kKey, "no client could ever accept it"))
        << name;
  }
}

TEST_F(HostileCandidateTest, RefusesAKeyThatNoClientCanUse) {
  EXPECT_THAT(Propose("root",
                      [](ProposedRole& role) {
                        Root(role).keys["abc"] = {"ed25519", "ed25519", "00"};
                        Root(role).root.keyids.push_back("abc");
                      }),
              FailsWith(Failure::kMalformed, "key abc of role 'root'"));
  EXPECT_THAT(
      Propose("bins",
              [](ProposedRole& role) {
                std::get<tuf::SuccinctRoles>(Targets(role).delegations->roles)
                    .keys.keyids = {"gone"};
              }),
      FailsWith(Failure::kKey, "key gone is not there"));
}

TEST_F(HostileCandidateTest, RefusesVersionsThatNothingCouldFollow) {
  for (const int64_t version :
       {int64_t{1003}, int64_t{1} << 53, std::numeric_limits<int64_t>::max()}) {
    for (const char* role : {"targets", "bins"}) {
      EXPECT_THAT(Propose(role,
                          [&](ProposedRole& proposed) {
                            Targets(proposed).version = version;
                          }),
                  FailsWith(Failure::kVersion, "expected version 2 to 1002"))
          << role << version;
    }
  }
  EXPECT_THAT(
      Propose("bins", [](ProposedRole& role) { Targets(role).version = 1002; }),
      IsOk());
}

TEST_F(HostileCandidateTest, RefusesPathsForARoleThatWouldBeShownAsTheBins) {
  const Signer thief = NewSigner();
  for (const std::string role : {"targets", "bins"}) {
    EXPECT_THAT(Propose(role,
                        [&](ProposedRole& proposed) {
                          tuf::Delegations& delegations =
                              *Targets(proposed).delegations;
                          delegations.keys.emplace(thief.keyid(), thief.key());
                          delegations.roles = std::vector<tuf::DelegatedRole>{
                              {"bin",
                               {{thief.keyid()}, 1},
                               true,
                               tuf::PathPatterns{{"packages/*/*"}}}};
                        }),
                FailsWith(Failure::kUnsupported, "'bin'"))
        << role;
  }
}

TEST_F(HostileCandidateTest, ShowsThatANewDelegationIsPutAheadOfOthers) {
  ProposedRole targets{
      "targets", Begin(Renew("targets")).roles()[0].content, {}};
  auto& roles = std::get<std::vector<tuf::DelegatedRole>>(
      Targets(targets).delegations->roles);
  ASSERT_EQ(roles.size(), 1u);
  const tuf::DelegatedRole bins = roles[0];
  const auto with_name = [&](const char* name) {
    return tuf::DelegatedRole{name, bins.keys, false,
                              tuf::PathPatterns{{"docs/*"}}};
  };
  const auto said = [&] {
    const auto made = Candidate::Make(published_, {targets}, Start());
    EXPECT_THAT(made, IsOk());
    std::string all;
    for (const RoleDifference& difference : Differences(*made)) {
      for (const std::string& line : difference.changes) all += line + "\n";
      for (const std::string& line : difference.warnings) all += line + "\n";
    }
    return all;
  };
  roles = {with_name("docs"), bins};
  EXPECT_NE(said().find("asked in another order: docs, bins"),
            std::string::npos);
  EXPECT_EQ(said().find("no project's own"), std::string::npos);
  roles = {bins, with_name("docs")};
  EXPECT_EQ(said().find("another order"), std::string::npos);
  roles = {bins, with_name("claimed")};
  EXPECT_NE(said().find("bins is asked before claimed"), std::string::npos);
}

TEST_F(HostileCandidateTest, RefusesToGiveUpConsistentSnapshots) {
  EXPECT_THAT(Propose("root",
                      [](ProposedRole& role) {
                        Root(role).consistent_snapshot = false;
                      }),
              FailsWith(Failure::kUnsupported, "consistent_snapshot"));
}

TEST_F(HostileCandidateTest, RefusesABinWithKeysThatAreNotShown) {
  const Signer thief = NewSigner();
  EXPECT_THAT(
      Propose("bins",
              [&](ProposedRole& role) {
                tuf::Delegations& delegations = *Targets(role).delegations;
                const tuf::RoleKeys shared =
                    std::get<tuf::SuccinctRoles>(delegations.roles).keys;
                delegations.keys.emplace(thief.keyid(), thief.key());
                const auto bin = [](const char* name, const char* prefix,
                                    const tuf::RoleKeys& keys) {
                  return tuf::DelegatedRole{name, keys, true,
                                            tuf::PathHashPrefixes{{prefix}}};
                };
                delegations.roles = std::vector<tuf::DelegatedRole>{
                    bin("bin-0", "0", shared),
                    bin("bin-1", "1", {{thief.keyid()}, 1})};
              }),
      FailsWith(Failure::kUnsupported, "'bin-1'"));
}

TEST_F(HostileCandidateTest, ShowsADelegationThatIsSlippedIn) {
  const Signer thief = NewSigner();
  ProposedRole targets{
      "targets", Begin(Renew("targets")).roles()[0].content, {}};
  tuf::Delegations& delegations = *Targets(targets).delegations;
  delegations.keys.emplace(thief.keyid(), thief.key());
  auto& roles = std::get<std::vector<tuf::DelegatedRole>>(delegations.roles);
  roles.insert(roles.begin(), {"helper",
                               {{thief.keyid()}, 1},
                               true,
                               tuf::PathPatterns{{"packages/pip/*"}}});
  Targets(targets).targets.push_back(
      {"packages/six/six.whl", {3, {crypto::Sha256Of("six"), {}, ""}}, ""});
  ASSERT_OK_AND_ASSIGN(const Candidate candidate,
                       Candidate::Make(published_, {targets}, Start()));
  std::string all;
  for (const RoleDifference& difference : Differences(candidate)) {
    for (const std::string& line : difference.changes) all += line + "\n";
    for (const std::string& line : difference.warnings) all += line + "\n";
  }
  EXPECT_NE(all.find("helper is delegated: paths packages/pip/*"),
            std::string::npos)
      << all;
  EXPECT_NE(all.find("helper gets key ed25519 " + thief.keyid()),
            std::string::npos)
      << all;
  EXPECT_NE(all.find("lists packages/six/six.whl"), std::string::npos) << all;
}

TEST_F(HostileCandidateTest, RefusesNamesOfTopLevelRolesAmongDelegations) {
  EXPECT_THAT(Propose("targets",
                      [](ProposedRole& role) {
                        auto& delegated =
                            std::get<std::vector<tuf::DelegatedRole>>(
                                Targets(role).delegations->roles);
                        delegated.push_back(delegated[0]);
                        delegated.back().name = "root";
                      }),
              FailsWith(Failure::kMalformed, "root"));
}

TEST_F(HostileCandidateTest, RefusesMoreBinsThanAnOriginCanHave) {
  EXPECT_THAT(
      Propose("bins",
              [](ProposedRole& role) {
                std::get<tuf::SuccinctRoles>(Targets(role).delegations->roles)
                    .bit_length = 30;
              }),
      FailsWith(Failure::kUnsupported, "2^30"));
}

TEST_F(HostileCandidateTest, RefusesTheSameRoleTwiceAndNone) {
  const Candidate renewal = Begin(Renew("bins"));
  const ProposedRole bins{"bins", renewal.roles()[0].content, {}};
  EXPECT_THAT(Candidate::Make(published_, {bins, bins}, Start()),
              FailsWith(Failure::kMalformed, "twice"));
  EXPECT_THAT(Candidate::Make(published_, {}, Start()),
              FailsWith(Failure::kMalformed, "got 0"));
}

TEST_F(HostileCandidateTest, TerminalsGetNoControlCharacters) {
  ProposedRole targets{
      "targets", Begin(Renew("targets")).roles()[0].content, {}};
  auto& roles = std::get<std::vector<tuf::DelegatedRole>>(
      Targets(targets).delegations->roles);
  roles.push_back(roles[0]);
  roles.back().name = "\x1b[2Jinnocent";
  const auto candidate = Candidate::Make(published_, {targets}, Start());
  if (!candidate.ok()) return;  // as good
  for (const RoleDifference& difference : Differences(*candidate)) {
    for (const std::string& line : difference.changes) {
      EXPECT_EQ(line.find('\x1b'), std::string::npos) << line;
    }
  }
}

}  // namespace
}  // namespace tufmirror::repo
