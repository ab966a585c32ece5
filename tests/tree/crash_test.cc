// Invariant: killed anywhere, the old generation (or already the new one) is
// served whole, and the next run completes. Runs are killed before every single
// change that they make to the file system.
#include <stdlib.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <functional>
#include <iostream>

#include "support/status_matchers.h"
#include "support/syscall_killer.h"
#include "support/temp_directory.h"
#include "support/temporaries_in_memory.h"
#include "tree/tree_fixture.h"
#include "tufmirror/base/status_macros.h"
#include "tufmirror/crypto/hash.h"
#include "tufmirror/fs/file.h"
#include "tufmirror/fs/walk.h"
#include "tufmirror/tree/retired.h"
#include "tufmirror/tree/staging.h"

namespace tufmirror::tree {
namespace {

using testing::FileChange;
using testing::IsOk;
using testing::RunKilledAtChange;
using testing::TempDirectory;
using testing::TemporariesInMemory;
using testing::TracedRun;

const Edits& FirstEdits() {
  static const auto& edits = *new Edits{{"simple/index.html", "1"},
                                        {"simple/a/index.html", "a1"},
                                        {"simple/b/index.html", "b1"},
                                        {"simple/gone/index.html", "g1"},
                                        {"metadata/1.root.json", "root"},
                                        {"metadata/timestamp.json", "t1"},
                                        {"shape", "file"}};
  return edits;
}
const Edits& SecondEdits() {
  static const auto& edits =
      *new Edits{{"simple/index.html", "2"},
                 {"simple/a/index.html", "a2"},
                 {"simple/gone/index.html", std::nullopt},
                 {"metadata/timestamp.json", "t2"},
                 {"shape", std::nullopt},
                 {"shape/inside", "directory"},
                 {"simple/new/deep/index.html", "n2"}};
  return edits;
}
const Edits& ThirdEdits() {
  static const auto& edits =
      *new Edits{{"simple/index.html", "3"},
                 {"simple/b/index.html", "b3"},
                 {"simple/gone/index.html", "g3"},
                 {"simple/a/index.html", std::nullopt},
                 {"simple/new/deep/index.html", std::nullopt},
                 {"metadata/timestamp.json", "t3"}};
  return edits;
}

constexpr char kThirdWheel[] = "packages/new/new-3.whl";

// The third run as a sync does it; what was done by a killed one is not done
// again.
absl::Status ThirdRun(const std::string& path) {
  ASSIGN_OR_RETURN(const Home home, Home::Open(path));
  ASSIGN_OR_RETURN(const fs::LockFile lock, home.Lock("sync"));
  ASSIGN_OR_RETURN(const GenerationInfo current,
                   Publisher::CurrentGeneration(home));
  if (current.number >= 3) return absl::OkStatus();
  ASSIGN_OR_RETURN(const auto wheel, fs::Stat(path + "/" + kThirdWheel));
  if (!wheel) RETURN_IF_ERROR(Accept(home, kThirdWheel, "wheel 3"));
  RETURN_IF_ERROR(Publish(home, 3, ThirdEdits()));
  ASSIGN_OR_RETURN(RetiredFiles retired, RetiredFiles::Load(home));
  retired.Add(PathOf("packages/old/old-1.whl"), absl::FromUnixSeconds(1));
  RETURN_IF_ERROR(retired.Save(home));
  return StagingArea(home).Clear();
}

int ExitCodeOf(const absl::Status& status) {
  if (!status.ok()) std::cerr << status.ToString() << "\n";
  return status.ok() ? 0 : 1;
}

class CrashTest : public ::testing::Test {
 protected:
  void SetUp() override {
    const Home home = MakeHome(directory_.Join("template"));
    generations_ = {Files(), Edited(Files(), FirstEdits())};
    generations_.push_back(Edited(generations_[1], SecondEdits()));
    generations_.push_back(Edited(generations_[2], ThirdEdits()));
    ASSERT_THAT(Accept(home, "packages/old/old-1.whl", "wheel 1"), IsOk());
    ASSERT_THAT(Publish(home, 1, FirstEdits()), IsOk());
    ASSERT_THAT(Publish(home, 2, SecondEdits()), IsOk());
    ASSERT_THAT(StagingArea(home).Clear(), IsOk());
  }

  // A home of generation 2, as a file system copy: hard links stay links.
  std::string FreshHome(const std::string& name) const {
    const std::string path = directory_.Join(name);
    std::filesystem::remove_all(path);
    const std::string command =
        "cp -a '" + directory_.Join("template") + "' '" + path + "'";
    EXPECT_EQ(system(command.c_str()), 0);
    return path;
  }

  // Exactly one generation is served, whole, and every package is what its
  // name says. Gives the number.
  uint64_t CheckServed(const std::string& path) const {
    const absl::StatusOr<Home> home = Home::Open(path);
    EXPECT_THAT(home, IsOk());
    if (!home.ok()) return 0;
    const auto generation = Publisher::CurrentGeneration(*home);
    EXPECT_THAT(generation, IsOk());
    const uint64_t number = generation.ok() ? generation->number : 0;
    EXPECT_EQ(LiveFiles(*home), generations_[std::min<uint64_t>(number, 3)]);
    for (const auto& [name, bytes] : FilesBelow(home->layout().packages())) {
      const std::string file = name.substr(name.rfind('/') + 1);
      const std::string digest = crypto::Sha256Of(bytes).Hex();
      EXPECT_TRUE(file.find('.') != 64 || file.substr(0, 64) == digest) << name;
      EXPECT_TRUE(bytes == "wheel 1" || bytes == "wheel 3") << name;
    }
    return number;
  }

  void CheckThirdRunCompletes(const std::string& path) const {
    ASSERT_THAT(ThirdRun(path), IsOk());
    EXPECT_EQ(CheckServed(path), 3u);
    ASSERT_OK_AND_ASSIGN(const Home home, Home::Open(path));
    EXPECT_EQ(testing::ReadWholeFile(path + "/live/" + kThirdWheel), "wheel 3");
    // Who finds a plain name finds the other one too.
    ASSERT_OK_AND_ASSIGN(
        const TargetPath prefixed,
        PrefixedPath(PathOf(kThirdWheel), DigestsOf("wheel 3")));
    EXPECT_EQ(testing::ReadWholeFile(path + "/" + prefixed.str()), "wheel 3");
    ASSERT_THAT(Publisher::Begin(home), IsOk());
    EXPECT_EQ(StandbyFiles(home), generations_[3]);
    for (const std::string& directory :
         {home.layout().trees(), home.layout().home()}) {
      ASSERT_OK_AND_ASSIGN(const auto names, fs::ListDirectory(directory));
      for (const std::string& name : names) {
        EXPECT_EQ(name.find(".tmp-"), std::string::npos) << name;
      }
    }
  }

  const TemporariesInMemory in_memory_;
  const TempDirectory directory_;
  std::vector<Files> generations_;  // by number; 0 is empty
};

TEST_F(CrashTest, CrashSafeAtEveryChangeOfAPublication) {
  int before_swap = 0;
  int after_swap = 0;
  for (int nth = 1;; ++nth) {
    const std::string path = FreshHome("home");
    const TracedRun run =
        RunKilledAtChange(nth, [&path] { return ExitCodeOf(ThirdRun(path)); });
    ASSERT_FALSE(HasFailure());
    if (run.finished) {
      EXPECT_EQ(run.exit_code, 0);
      break;
    }
    SCOPED_TRACE("killed before change " + std::to_string(nth) + ", " +
                 run.killed_before.call + " " + run.killed_before.path);
    const uint64_t number = CheckServed(path);
    EXPECT_TRUE(number == 2 || number == 3) << number;
    ++(number == 2 ? before_swap : after_swap);
    const auto wheel = fs::Stat(path + "/" + kThirdWheel);
    CheckThirdRunCompletes(path);
    if (wheel.ok() && wheel->has_value()) {
      // Not accepted again.
      EXPECT_EQ((*fs::Stat(path + "/" + kThirdWheel))->inode, (*wheel)->inode);
    }
    ASSERT_FALSE(HasFailure());
  }
  // The run was killed in all its phases.
  EXPECT_GT(before_swap, 50);
  EXPECT_GT(after_swap, 3);
}

TEST_F(CrashTest, CrashSafeWhenTheRecoveryIsKilledToo) {
  for (int first = 20;; first += 13) {
    for (int second = 1;; second += 7) {
      const std::string path = FreshHome("home");
      const auto action = [&path] { return ExitCodeOf(ThirdRun(path)); };
      if (RunKilledAtChange(first, action).finished) return;
      const TracedRun recovery = RunKilledAtChange(second, action);
      ASSERT_FALSE(HasFailure());
      if (recovery.finished) break;
      SCOPED_TRACE("killed before changes " + std::to_string(first) + " and " +
                   std::to_string(second));
      CheckServed(path);
      CheckThirdRunCompletes(path);
      ASSERT_FALSE(HasFailure());
    }
  }
}

TEST_F(CrashTest, CrashSafeAtEveryChangeOfARollback) {
  for (int nth = 1;; ++nth) {
    const std::string path = FreshHome("home");
    const TracedRun run = RunKilledAtChange(nth, [&path] {
      const absl::StatusOr<Home> home = Home::Open(path);
      return home.ok() ? ExitCodeOf(Publisher::Rollback(*home)) : 1;
    });
    ASSERT_FALSE(HasFailure());
    const uint64_t number = CheckServed(path);
    if (run.finished) {
      EXPECT_EQ(number, 1u);
      EXPECT_GT(nth, 3);
      return;
    }
    ASSERT_OK_AND_ASSIGN(const Home home, Home::Open(path));
    ASSERT_THAT(Publish(home, 4, {{"after", "x"}}), IsOk());
    EXPECT_EQ(LiveFiles(home), Edited(generations_[number], {{"after", "x"}}));
  }
}

// After a kill at any point of a run that follows, a rollback either gives the
// previous generation whole or is refused.
TEST_F(CrashTest, RollbackAfterACrashNeverGivesAMix) {
  int refused = 0;
  int rolled_back = 0;
  for (int nth = 1;; ++nth) {
    const std::string path = FreshHome("home");
    const TracedRun run =
        RunKilledAtChange(nth, [&path] { return ExitCodeOf(ThirdRun(path)); });
    ASSERT_FALSE(HasFailure());
    if (run.finished) break;
    const uint64_t before = CheckServed(path);
    ASSERT_OK_AND_ASSIGN(const Home home, Home::Open(path));
    const absl::Status status = Publisher::Rollback(home);
    const uint64_t after = CheckServed(path);
    EXPECT_EQ(after, status.ok() ? before - 1 : before);
    ++(status.ok() ? rolled_back : refused);
    ASSERT_FALSE(HasFailure()) << nth << " " << run.killed_before.call;
  }
  EXPECT_GT(refused, 0);
  EXPECT_GT(rolled_back, 0);
}

TEST_F(CrashTest, CreateCompletesAfterAKillAtEveryChange) {
  for (int nth = 1;; ++nth) {
    const std::string path = directory_.Join("created");
    std::filesystem::remove_all(path);
    const auto action = [&path] {
      return ExitCodeOf(Home::Create(path).status());
    };
    const TracedRun run = RunKilledAtChange(nth, action);
    ASSERT_FALSE(HasFailure());
    const Home home = MakeHome(path);
    EXPECT_THAT(Publish(home, 1, {{"a", "1"}}), IsOk()) << nth;
    if (run.finished) return;
  }
}

// What a power failure needs on top of a kill: the order in which things reach
// the disk.
TEST_F(CrashTest, EverythingIsOnDiskBeforeTheSwap) {
  const std::string path = FreshHome("home");
  const TracedRun run =
      RunKilledAtChange(0, [&path] { return ExitCodeOf(ThirdRun(path)); });
  ASSERT_TRUE(run.finished);
  const auto index_of = [&run](const std::string& call,
                               const std::string& suffix) {
    for (size_t i = 0; i < run.done.size(); ++i) {
      const FileChange& change = run.done[i];
      if (change.call.find(call) == 0 && change.path.size() >= suffix.size() &&
          change.path.compare(change.path.size() - suffix.size(),
                              std::string::npos, suffix) == 0) {
        return static_cast<int>(i);
      }
    }
    ADD_FAILURE() << "no " << call << " of " << suffix;
    return -1;
  };
  const auto last_in = [&run](const std::string& part) {
    int last = -1;
    for (size_t i = 0; i < run.done.size(); ++i) {
      if (run.done[i].path.find(part) != std::string::npos) {
        last = static_cast<int>(i);
      }
    }
    return last;
  };
  const auto first_in = [&run](const std::string& part, int from) {
    for (size_t i = static_cast<size_t>(from); i < run.done.size(); ++i) {
      if (run.done[i].path.find(part) != std::string::npos) {
        return static_cast<int>(i);
      }
    }
    return -1;
  };
  const auto last_call = [&run](const std::string& call) {
    int last = -1;
    for (size_t i = 0; i < run.done.size(); ++i) {
      if (run.done[i].call == call) last = static_cast<int>(i);
    }
    return last;
  };

  // Generation 2 is live in tree a; b gets levelled and then edited.
  const int forgotten = index_of("rename", "/state/generation.json");
  const int level = first_in("/trees/b/", 0);
  EXPECT_LT(forgotten, level) << "b is no generation before it is touched";
  const int levelled = index_of("syncfs", "/trees/b");
  EXPECT_LT(level, levelled);
  const int journal_synced = index_of("fsync", "/state/journal.new");
  const int journal = index_of("rename", "/state/journal");
  EXPECT_LT(levelled, journal_synced) << "level on disk before a new journal";
  EXPECT_LT(journal_synced, journal);
  const int edit = first_in("/trees/b/", journal);
  EXPECT_EQ(run.done[journal + 1].call, "fsync");
  EXPECT_LT(journal + 1, edit) << "journal on disk before the first edit";
  const int synced = last_call("syncfs");
  EXPECT_LT(last_in("/trees/b/"), synced);
  EXPECT_LT(last_in("/packages/"), synced) << "all on disk before the swap";
  const int swap = index_of("rename", "/live");
  EXPECT_LT(synced, swap);
  EXPECT_EQ(run.done[swap - 1].call + run.done[swap - 1].path,
            "symlink" + path + "/live.new");
  EXPECT_EQ(run.done[swap + 1].call, "fsync");
  EXPECT_EQ(run.done[swap + 1].path, path);
  // Nothing touches the old tree at all.
  EXPECT_EQ(first_in("/trees/a", 0), -1);
}

}  // namespace
}  // namespace tufmirror::tree
