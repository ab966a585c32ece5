// An origin of an index that is killed before a change it makes to the file
// system, above all each of a publication: one generation is served, whole, and
// the next run completes without downloading what is there.
#include <gtest/gtest.h>
#include <stdlib.h>

#include <algorithm>
#include <filesystem>
#include <iostream>
#include <map>
#include <string>
#include <vector>

#include "support/distribution_builder.h"
#include "support/index_server.h"
#include "support/status_matchers.h"
#include "support/syscall_killer.h"
#include "support/temp_directory.h"
#include "support/temporaries_in_memory.h"
#include "sync/index_origin.h"
#include "sync/published_tree.h"
#include "tufmirror/fs/walk.h"

namespace tufmirror::sync {
namespace {

using testing::FileChange;
using testing::IndexOrigin;
using testing::IndexServer;
using testing::IsOk;
using testing::PublishedTree;
using testing::RunKilledAtChange;
using testing::ServedFile;
using testing::TracedRun;

using Targets = std::map<std::string, std::string>;

// Of the changes before the journal, which are many and much alike.
constexpr int kStrideBeforeJournal = 23;
constexpr int kStride = 3;
// Asked for, found gone, removed.
constexpr int kRunsToRemove = 3;

class OriginIndexCrashTest : public ::testing::Test {
 protected:
  OriginIndexCrashTest()
      : origin_(dir_.Join("template"), ConfigOf(server_), now_) {
    Put("flit", {"1.0", "2.0"});
    Put("six", {"1.0"});
    Put("gone", {"1.0"});
    EXPECT_THAT(origin_.Run(now_).outcome, IsOk());
    before_ = PublishedTree(origin_.home(), now_).targets();
    now_ += absl::Hours(1);
    Put("flit", {"2.0", "3.0"});
    Put("black", {"1.0", "1.1"});
    server_.Remove("gone");
  }

  static Config ConfigOf(const IndexServer& server) {
    Config config = testing::IndexOriginConfig(server.url());
    config.upstream.index.removal_confirmations = 1;
    return config;
  }

  void Put(const std::string& project,
           const std::vector<std::string>& versions) {
    std::vector<ServedFile> files;
    for (const std::string& version : versions) {
      const testing::DistributionSpec spec{project, version};
      files.push_back({.filename = testing::WheelFilename(spec),
                       .bytes = testing::BuildWheel(spec),
                       .metadata = testing::CoreMetadataText(spec)});
    }
    server_.Put({.name = project, .files = std::move(files)});
  }

  // The home as it was before the change upstream; hard links stay links.
  IndexOrigin FreshCopy() {
    const std::string path = dir_.Join("copy");
    std::filesystem::remove_all(path);
    const std::string command =
        "cp -a '" + dir_.Join("template") + "' '" + path + "'";
    EXPECT_EQ(system(command.c_str()), 0);
    IndexOrigin copy = origin_;
    copy.MoveTo(path);
    return copy;
  }

  TracedRun KillAt(const IndexOrigin& origin, int nth) const {
    return RunKilledAtChange(nth, [&] {
      const report::RunReport report = origin.Run(now_);
      for (const report::Problem& problem : report.problems) {
        std::cerr << problem.object << ": " << problem.reason << "\n";
      }
      return report::ExitCodeOf(report);
    });
  }

  // Distribution files that are there under both of their names.
  std::vector<std::string> PackagesOf(const IndexOrigin& origin) const {
    std::vector<std::string> names;
    EXPECT_THAT(
        fs::WalkFiles(origin.home().layout().packages(),
                      [&](std::string_view path, const fs::FileInfo&) {
                        names.emplace_back(path.substr(path.rfind('/') + 1));
                        return absl::OkStatus();
                      }),
        IsOk());
    return names;
  }

  // Of a tree that verifies.
  Targets TargetsOf(const IndexOrigin& origin) const {
    const PublishedTree tree(origin.home(), now_);
    EXPECT_EQ(tree.Problems(), std::vector<std::string>());
    return tree.targets();
  }

  void CheckServed(const IndexOrigin& origin) const {
    const Targets targets = TargetsOf(origin);
    EXPECT_TRUE(targets == before_ || targets == after_)
        << "a mix of two generations";
  }

  void CheckNextRunCompletes(const IndexOrigin& origin) {
    const std::vector<std::string> there = PackagesOf(origin);
    server_.files().ForgetRequests();
    EXPECT_THAT(origin.Run(now_).outcome, IsOk());
    Targets targets = TargetsOf(origin);
    for (const auto& [path, content] : after_) {
      if (path.starts_with("packages/")) {
        EXPECT_EQ(targets[path], content);
      }
    }
    // That a project is gone may have to be found out once more.
    for (int run = 1; run < kRunsToRemove && targets != after_; ++run) {
      EXPECT_THAT(origin.Run(now_).outcome, IsOk());
      targets = TargetsOf(origin);
    }
    EXPECT_EQ(targets, after_);
    for (const std::string& file : there) {
      EXPECT_EQ(server_.files().CountRequests(IndexServer::FilePath(file)), 0u)
          << file << " was downloaded again";
    }
  }

  const testing::TemporariesInMemory in_memory_;
  testing::TempDirectory dir_;
  absl::Time now_ = absl::FromUnixSeconds(1'800'000'000);
  IndexServer server_;
  IndexOrigin origin_;
  Targets before_;
  Targets after_;
};

TEST_F(OriginIndexCrashTest, CrashSafeAtEveryChangeOfAPublication) {
  const IndexOrigin whole = FreshCopy();
  const TracedRun run = KillAt(whole, 0);
  ASSERT_EQ(run.exit_code, 0);
  after_ = PublishedTree(whole.home(), now_).targets();
  ASSERT_NE(after_, before_);
  const auto is_journal = [](const FileChange& change) {
    return change.path.ends_with("/state/journal.new");
  };
  const auto journal =
      std::find_if(run.done.begin(), run.done.end(), is_journal);
  ASSERT_NE(journal, run.done.end());
  const int first_of_publication =
      static_cast<int>(journal - run.done.begin()) + 1;
  const int last = static_cast<int>(run.done.size());
  int kills = 0;
  for (int nth = 1; nth <= last;
       nth += nth < first_of_publication ? kStrideBeforeJournal : kStride) {
    const IndexOrigin copy = FreshCopy();
    const TracedRun killed = KillAt(copy, nth);
    if (killed.finished) continue;  // other threads did some of the changes
    ++kills;
    SCOPED_TRACE("killed before change " + std::to_string(nth) + ", " +
                 killed.killed_before.call + " " + killed.killed_before.path);
    CheckServed(copy);
    CheckNextRunCompletes(copy);
    ASSERT_FALSE(HasFailure());
  }
  EXPECT_GT(kills, 20);
}

// Its size is that of all projects: written for each of them it would be
// quadratic.
TEST_F(OriginIndexCrashTest,
       TheStateIsWrittenAFewTimesInARunNotForEachProject) {
  for (int i = 0; i < 30; ++i) Put("project" + std::to_string(i), {"1.0"});
  const TracedRun run = KillAt(FreshCopy(), 0);
  ASSERT_EQ(run.exit_code, 0);
  const auto written =
      std::count_if(run.done.begin(), run.done.end(), [](const auto& change) {
        return change.call.starts_with("rename") &&
               change.path.ends_with("/state/index/projects");
      });
  EXPECT_GE(written, 1);
  EXPECT_LE(written, 3);
}

}  // namespace
}  // namespace tufmirror::sync
