// An origin mends its tree from its directory, without signing anything.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <map>
#include <string>

#include "support/status_matchers.h"
#include "sync/origin_fixture.h"
#include "tufmirror/fs/file.h"
#include "tufmirror/fs/walk.h"
#include "tufmirror/sync/repair.h"

namespace tufmirror {
namespace {

using testing::FailsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::IsOk;
using testing::OriginFixture;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;

class OriginRepairTest : public OriginFixture {
 protected:
  void Publish() {
    Init();
    wheel_ = "packages/alpha/" + AddWheel("alpha", "1.0");
    AddSdist("beta", "2.0");
    RunCleanly();
    before_ = Served();
  }
  // All that is served, but the notes on the generation.
  std::map<std::string, std::string> Served() {
    std::map<std::string, std::string> files;
    const std::string tree = home_->layout().home() + "/" +
                             tree::Layout::LiveTarget(*home_->LiveSide());
    for (const std::string& root : {tree, home_->layout().packages()}) {
      EXPECT_THAT(fs::WalkFiles(
                      root,
                      [&](std::string_view path, const fs::FileInfo&) {
                        const std::string name(path);
                        files[name] = testing::ReadWholeFile(root + "/" + name);
                        return absl::OkStatus();
                      }),
                  IsOk());
    }
    return files;
  }
  void FlipBit(const std::string& path) {
    const int fd = open((home_->layout().live() + "/" + path).c_str(), O_RDWR);
    ASSERT_GE(fd, 0) << path;
    char byte = 0;
    EXPECT_EQ(pread(fd, &byte, 1, 9), 1);
    byte ^= 1;
    EXPECT_EQ(pwrite(fd, &byte, 1, 9), 1);
    close(fd);
  }
  sync::RepairReport Repair() {
    sync::VerifyOptions options;
    options.depth = sync::VerifyDepth::kDeep;
    options.now = now_;
    const auto report = sync::RepairHome(*home_, config_, options);
    EXPECT_THAT(report, IsOk());
    return report.ok() ? *report : sync::RepairReport();
  }
  std::string wheel_;
  std::map<std::string, std::string> before_;
};

TEST_F(OriginRepairTest, DamagedPackagesAreAdoptedAgain) {
  Publish();
  FlipBit(wheel_);
  FlipBit(wheel_ + ".metadata");
  ASSERT_NE(Served(), before_);

  const sync::RepairReport report = Repair();

  EXPECT_THAT(report.outcome, IsOk());
  EXPECT_THAT(report.repaired, SizeIs(2));
  EXPECT_THAT(report.after.problems, IsEmpty());
  EXPECT_EQ(Served(), before_);
}

TEST_F(OriginRepairTest, DamagedPagesAreRenderedAgain) {
  Publish();
  for (const char* page :
       {"simple/index.html", "simple/index.v1_json", "simple/alpha/index.html",
        "simple/alpha/index.v1_json", "simple/beta/index.html"}) {
    FlipBit(page);
  }

  EXPECT_THAT(Repair().repaired, SizeIs(5));

  EXPECT_EQ(Served(), before_);
}

TEST_F(OriginRepairTest, TheNextRunGoesOnFromAMendedTree) {
  Publish();
  FlipBit("simple/alpha/index.html");
  EXPECT_THAT(Repair().repaired, SizeIs(1));
  for (const char* version : {"3.0", "4.0"}) {
    AddSdist("beta", version);
    RunCleanly();
    sync::VerifyOptions options;
    options.depth = sync::VerifyDepth::kDeep;
    options.now = now_;
    const auto verified = sync::VerifyHome(*home_, options);
    ASSERT_THAT(verified, IsOk());
    EXPECT_THAT(verified->problems, IsEmpty());
    EXPECT_THAT(verified->orphans, IsEmpty());
  }
}

TEST_F(OriginRepairTest, WhatTheDirectoryHasNoMoreStaysAndIsReported) {
  Publish();
  FlipBit(wheel_);
  const std::string damaged = LiveFile(wheel_);
  RemoveFile(wheel_.substr(wheel_.rfind('/') + 1));

  const sync::RepairReport report = Repair();

  ASSERT_THAT(report.failed, SizeIs(1));
  EXPECT_THAT(report.failed[0].reason,
              FailsWith(Failure::kNotFound, "does not have the file"));
  EXPECT_THAT(report.after.problems, SizeIs(1));
  EXPECT_EQ(LiveFile(wheel_), damaged);
}

TEST_F(OriginRepairTest, OtherBytesOfTheSameNameAreNotTaken) {
  Publish();
  FlipBit(wheel_);
  const std::string name = wheel_.substr(wheel_.rfind('/') + 1);
  std::string other = testing::ReadWholeFile(dir_.Join("source/" + name));
  other[other.size() / 2] ^= 1;
  AddFile(name, other);

  EXPECT_THAT(Repair().after.problems, SizeIs(1));
}

TEST_F(OriginRepairTest, StraysAreRemoved) {
  Publish();
  dir_.Write("home/packages/alpha/stray.whl", "x");

  EXPECT_THAT(Repair().removed,
              UnorderedElementsAre("packages/alpha/stray.whl"));
  EXPECT_EQ(Served(), before_);
}

TEST_F(OriginRepairTest, DamagedMetadataIsForItsSignersToMend) {
  Publish();
  for (const auto& [path, bytes] : before_) {
    if (path.find(".bin-") != std::string::npos) FlipBit(path);
  }

  const sync::RepairReport report = Repair();

  EXPECT_FALSE(report.outcome.ok());
  EXPECT_THAT(MessageOf(report.outcome), HasSubstr("from a replica"));
  EXPECT_FALSE(report.after.problems.empty());
}

}  // namespace
}  // namespace tufmirror
