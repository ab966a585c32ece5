// Whatever happened to an index meanwhile, an origin that followed it serves
// what one made anew of the index as it is now would serve.
//
// TUFMIRROR_PROPERTY_SEED: the first seed, which a failure names.
// TUFMIRROR_PROPERTY_UNIVERSES: how many, one seed each.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "fmt/format.h"
#include "support/status_matchers.h"
#include "support/temp_directory.h"
#include "support/temporaries_in_memory.h"
#include "sync/index_origin.h"
#include "sync/index_universe.h"
#include "sync/published_tree.h"
#include "tufmirror/sync/config.h"

namespace tufmirror::sync {
namespace {

using testing::IndexOrigin;
using testing::IndexUniverse;
using testing::IsOk;
using testing::PublishedTree;
using testing::RandomChoice;

constexpr int kDefaultUniverses = 8;
constexpr int kEvolutions = 5;
// Removals are confirmed, and metadata of what was just published is read.
constexpr int kMaxRunsToSettle = 10;

int NumberFromEnvironment(const char* name, int otherwise) {
  const char* text = std::getenv(name);
  int number = 0;
  return text && absl::SimpleAtoi(text, &number) ? number : otherwise;
}

class OriginIndexPropertyTest : public ::testing::Test {
 protected:
  static Config ConfigOf(const IndexUniverse& universe, RandomChoice& random) {
    Config config = testing::IndexOriginConfig(universe.url());
    // What no serial tells is found by looking at every page.
    config.upstream.index.sweep_share = 1;
    config.upstream.index.removal_confirmations = random.Between(1, 3);
    config.publish.grace = absl::Hours(1);
    config.publish.keep_removed = absl::Hours(1);
    return config;
  }

  // A run while the index is in trouble, the loss of what was seen, or both.
  void MeetTrouble(IndexUniverse& universe, IndexOrigin& origin,
                   RandomChoice& random) {
    if (random.OneIn(4)) {
      std::filesystem::remove_all(origin.home().layout().index_state());
      universe.Note("state lost");
    }
    if (!random.OneIn(2)) return;
    universe.BreakSomething();
    now_ += absl::Hours(1);
    EXPECT_THAT(origin.Run(now_).outcome, IsOk());
    universe.Heal();
    const PublishedTree tree(origin.home(), now_);
    EXPECT_EQ(tree.Problems(), std::vector<std::string>());
  }

  // Runs of all `origins`, two days apart, until there is nothing left to
  // confirm, to learn from what was published, or to take off the disk.
  void Settle(const std::vector<IndexOrigin*>& origins) {
    const int at_least =
        origins[0]->config().upstream.index.removal_confirmations + 1;
    for (int run = 1; run <= kMaxRunsToSettle; ++run) {
      now_ += absl::Hours(48);
      bool quiet = run > at_least;
      for (IndexOrigin* origin : origins) {
        const report::RunReport report = origin->Run(now_);
        ASSERT_THAT(report.outcome, IsOk());
        quiet &= report.added + report.changed + report.removed == 0;
      }
      if (quiet) return;
    }
    FAIL() << "not settled after " << kMaxRunsToSettle << " runs";
  }

  // Both after they have settled.
  void Compare(const IndexUniverse& universe, IndexOrigin& followed,
               const IndexOrigin& anew) {
    const PublishedTree got(followed.home(), now_);
    const PublishedTree expected(anew.home(), now_);
    EXPECT_EQ(got.Problems(), std::vector<std::string>());
    EXPECT_EQ(got.Unreferenced(), std::vector<std::string>());
    const std::set<std::string> offered = universe.Filenames();
    for (const std::string& file : got.distributions()) {
      EXPECT_TRUE(offered.contains(file)) << file << " was removed upstream";
    }
    if (followed.config().select == select::Rules()) {
      EXPECT_EQ(got.distributions(), offered);
    }
    EXPECT_EQ(got.DifferencesFrom(expected), std::vector<std::string>());
  }

  void FollowOne(uint32_t seed) {
    RandomChoice random(seed);
    IndexUniverse universe(random);
    IndexOrigin followed(dir_.Join(fmt::format("followed-{}", seed)),
                         ConfigOf(universe, random), now_);
    for (int step = 0; step < kEvolutions; ++step) {
      if (random.OneIn(2)) {
        followed.config().select = universe.RandomRules();
      }
      MeetTrouble(universe, followed, random);
      IndexOrigin anew(dir_.Join(fmt::format("anew-{}-{}", seed, step)),
                       followed.config(), now_);
      Settle({&followed, &anew});
      if (!HasFailure()) Compare(universe, followed, anew);
      if (HasFailure()) {
        ADD_FAILURE() << "what happened:" << universe.log();
        return;
      }
      std::filesystem::remove_all(anew.home().layout().home());
      universe.Evolve(now_);
    }
  }

  const testing::TemporariesInMemory in_memory_;
  testing::TempDirectory dir_;
  absl::Time now_ = absl::FromUnixSeconds(1'800'000'000);
};

TEST_F(OriginIndexPropertyTest, AFollowedIndexIsServedAsIfItWereNew) {
  const int first = NumberFromEnvironment("TUFMIRROR_PROPERTY_SEED", 1);
  const int universes =
      NumberFromEnvironment("TUFMIRROR_PROPERTY_UNIVERSES", kDefaultUniverses);
  for (int seed = first; seed < first + universes && !HasFailure(); ++seed) {
    SCOPED_TRACE(fmt::format("TUFMIRROR_PROPERTY_SEED={}", seed));
    FollowOne(static_cast<uint32_t>(seed));
  }
}

}  // namespace
}  // namespace tufmirror::sync
