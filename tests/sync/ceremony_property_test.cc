// Random ceremonies with random signers: whatever they come to, nothing that is
// published is refused by any reader, wherever that reader stopped before, and
// an origin that refuses a candidate serves what it served.
#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <set>

#include "sync/ceremony_origin.h"

namespace tufmirror::sync {
namespace {

using testing::IsOk;

constexpr int kSteps = 10;
constexpr int kSeeds[] = {1, 2};

class CeremonyPropertyTest : public testing::CeremonyOrigin,
                             public ::testing::WithParamInterface<int> {
 protected:
  CeremonyPropertyTest()
      : random_(static_cast<std::mt19937::result_type>(GetParam())) {}

  int Below(int count) {
    return std::uniform_int_distribution<int>(0, count - 1)(random_);
  }

  // Names of keys that hold `role` now: those that were given to it last.
  struct Holders {
    std::vector<std::string> root = {"root-1", "root-2", "root-3"};
    std::string targets = "targets";
    std::string bins = "bins";
    std::string online = "online";
  };

  std::string Fresh() { return fmt::format("key-{}", next_key_++); }

  void ReplaceOne(const std::string& role, std::string& name,
                  repo::CeremonyChanges& changes) {
    const std::string fresh = Fresh();
    changes.remove.push_back({role, Key(name).keyid()});
    changes.add.push_back({role, NewKey(fresh).key()});
    name = fresh;
  }

  void ChangeRoot(Holders& holders, repo::CeremonyChanges& changes) {
    switch (Below(4)) {
      case 0:
        holders.root.push_back(Fresh());
        changes.add.push_back({"root", NewKey(holders.root.back()).key()});
        break;
      case 1:
        changes.remove.push_back({"root", Key(holders.root.front()).keyid()});
        holders.root.erase(holders.root.begin());
        break;
      case 2:
        changes.thresholds["root"] = 1 + Below(4);
        break;
      default:
        ReplaceOne("root", holders.root[0], changes);
    }
  }

  repo::CeremonyChanges RandomChanges(Holders& holders) {
    repo::CeremonyChanges changes;
    const int kinds = 1 + Below(2);
    for (int i = 0; i < kinds; ++i) {
      switch (Below(6)) {
        case 0:
          changes.renew.insert(
              std::vector<std::string>{"root", "targets", "bins"}[Below(3)]);
          break;
        case 1:
          ReplaceOne("targets", holders.targets, changes);
          break;
        case 2:
          ReplaceOne("bins", holders.bins, changes);
          break;
        case 3:
          ReplaceOne("online", holders.online, changes);
          break;
        case 4:
          changes.bin_bits = 1 + Below(4);
          break;
        default:
          ChangeRoot(holders, changes);
      }
    }
    return changes;
  }

  // Signs with some of all keys there ever were; clocks are wrong now and then.
  void SignWithSome(repo::Candidate& candidate) {
    for (const auto& [name, file] : keys_) {
      if (Below(6) == 0) continue;
      const absl::Time clock = now_ + absl::Hours(24 * (Below(400) - 200));
      // One that does not count, or is told that it is too late, signs nothing.
      (void)repo::AddSignature(candidate, Key(name), clock);
    }
  }

  void Step() {
    now_ += absl::Hours(1);
    Holders after = holders_;
    const auto candidate = TryBegin(RandomChanges(after));
    if (!candidate.ok()) return;  // what cannot be is not begun
    repo::Candidate copy = *candidate;
    SignWithSome(copy);
    const std::string old_key = config_.origin.online_key;
    config_.origin.online_key = keys_.at(after.online);
    const auto before = Live();
    const auto published = Publish(copy);
    EXPECT_EQ(published.ok(), repo::IsComplete(copy)) << published.status();
    if (published.ok()) {
      holders_ = after;
      ++published_;
    } else {
      config_.origin.online_key = old_key;
      EXPECT_EQ(Live().number, before.number);
      EXPECT_THAT(AbortCeremony(*home_), IsOk());
    }
    for (const std::string& reader : earlier_) {
      EXPECT_THAT(LookFrom(reader), IsOk()) << reader;
    }
    earlier_.push_back(NewReader());
  }

  std::mt19937 random_;
  Holders holders_;
  std::vector<std::string> earlier_;  // readers, where they stopped
  int next_key_ = 0;
  int published_ = 0;
};

TEST_P(CeremonyPropertyTest, NoReaderIsEverLockedOut) {
  for (int step = 0; step < kSteps && !HasFailure(); ++step) {
    SCOPED_TRACE(step);
    Step();
    if (step % 3 == 0) {
      EXPECT_THAT(Run().outcome, IsOk());
    }
  }
  EXPECT_GT(published_, 1);
}

INSTANTIATE_TEST_SUITE_P(Seeds, CeremonyPropertyTest,
                         ::testing::ValuesIn(kSeeds));

}  // namespace
}  // namespace tufmirror::sync
