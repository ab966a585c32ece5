// An origin of an index mends its tree: from where the index has the files, and
// only with what is signed.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <string>
#include <vector>

#include "support/status_matchers.h"
#include "sync/origin_index_fixture.h"
#include "tufmirror/base/failure.h"
#include "tufmirror/sync/repair.h"

namespace tufmirror::sync {
namespace {

using testing::FailsWith;
using testing::Fault;
using testing::IndexServer;
using ::testing::IsEmpty;
using testing::IsOk;
using testing::ServedFile;
using ::testing::SizeIs;

constexpr char kSixName[] = "six-1.0-py3-none-any.whl";
constexpr char kSixWheel[] = "packages/six/six-1.0-py3-none-any.whl";

class OriginRepairIndexTest : public testing::OriginIndexFixture {
 protected:
  void Publish() {
    config_.upstream.index.provenance = true;
    ServedFile file = WheelWithMetadata("six", "1.0");
    file.provenance = "{\"version\":1}";
    PutProject("Six", {file});
    PutProject("flit", {Wheel("flit", "3.0")});
    RunCleanly();
    for (const char* path : kServed) before_.push_back(LiveFile(path));
    metadata_ = LiveFile("metadata/timestamp.json");
    asked_ = server_.pages().CountRequests(IndexServer::ListPath());
  }
  std::vector<std::string> Served() {
    std::vector<std::string> served;
    for (const char* path : kServed) served.push_back(LiveFile(path));
    return served;
  }
  // In place, as a disk does: under every name of the file.
  void Damage(const std::string& path) {
    const std::string file = init_.home + "/live/" + path;
    std::string bytes = testing::ReadWholeFile(file);
    bytes[bytes.size() / 2] = static_cast<char>(bytes[bytes.size() / 2] ^ 1);
    ASSERT_EQ(truncate(file.c_str(), 0), 0);
    FILE* stream = fopen(file.c_str(), "r+b");
    ASSERT_NE(stream, nullptr);
    EXPECT_EQ(fwrite(bytes.data(), 1, bytes.size(), stream), bytes.size());
    EXPECT_EQ(fclose(stream), 0);
  }
  RepairReport Repair() {
    VerifyOptions options;
    options.depth = VerifyDepth::kDeep;
    options.now = now_;
    const auto report = RepairHome(*home_, config_, options);
    EXPECT_THAT(report, IsOk());
    return report.ok() ? *report : RepairReport();
  }

  static constexpr const char* kServed[] = {
      kSixWheel,
      "packages/six/six-1.0-py3-none-any.whl.metadata",
      "packages/six/six-1.0-py3-none-any.whl.provenance",
      "simple/six/index.html",
      "simple/six/index.v1_json",
      "simple/index.html",
      "simple/index.v1_json"};
  std::vector<std::string> before_;
  std::string metadata_;
  size_t asked_ = 0;
};

TEST_F(OriginRepairIndexTest, EverythingIsAsItWasAndNothingIsSigned) {
  Publish();
  for (const char* path : kServed) Damage(path);
  ASSERT_NE(Served(), before_);
  const RepairReport report = Repair();
  EXPECT_THAT(report.outcome, IsOk());
  EXPECT_THAT(report.failed, IsEmpty());
  EXPECT_THAT(report.after.problems, IsEmpty());
  EXPECT_EQ(Served(), before_);
  EXPECT_EQ(LiveFile("metadata/timestamp.json"), metadata_);
  EXPECT_EQ(server_.pages().CountRequests(IndexServer::ListPath()), asked_)
      << "the kept pages say where the files are";
  EXPECT_EQ(server_.PageRequests("six"), 1u);
}

TEST_F(OriginRepairIndexTest, OtherBytesThanTheSignedOnesAreNotTaken) {
  Publish();
  Damage(kSixWheel);
  Damage("packages/six/six-1.0-py3-none-any.whl.provenance");
  const std::string damaged = LiveFile(kSixWheel);
  server_.files().Serve(IndexServer::FilePath(kSixName), "evil");
  server_.pages().Serve(IndexServer::ProvenancePath(kSixName),
                        "{\"version\":2}");
  const RepairReport report = Repair();
  ASSERT_THAT(report.failed, SizeIs(2));
  EXPECT_EQ(report.failed[0].object, kSixWheel);
  EXPECT_THAT(report.failed[1].reason, FailsWith(Failure::kDigest));
  EXPECT_THAT(report.after.problems, ::testing::Not(IsEmpty()));
  EXPECT_EQ(LiveFile(kSixWheel), damaged);
}

TEST_F(OriginRepairIndexTest, WhatCannotBeHadKeepsNothingElseFromIt) {
  Publish();
  Damage(kSixWheel);
  Damage("packages/flit/flit-3.0-py3-none-any.whl");
  server_.files().Inject(IndexServer::FilePath(kSixName), Fault::Status(404),
                         100);
  const RepairReport report = Repair();
  ASSERT_THAT(report.failed, SizeIs(1));
  EXPECT_EQ(report.failed[0].object, kSixWheel);
  EXPECT_EQ(LiveFile("packages/flit/flit-3.0-py3-none-any.whl"),
            Wheel("flit", "3.0").bytes);

  server_.files().ClearFaults();
  EXPECT_THAT(Repair().after.problems, IsEmpty());
  EXPECT_EQ(Served(), before_);
}

TEST_F(OriginRepairIndexTest, AFileThatNoKeptPageOffersIsNamed) {
  Publish();
  Damage(kSixWheel);
  config_.select.exclude_versions = {"six<2"};
  const RepairReport report = Repair();
  ASSERT_THAT(report.failed, SizeIs(1));
  EXPECT_THAT(report.failed[0].reason,
              FailsWith(Failure::kNotFound, "does not offer the file"));
}

TEST_F(OriginRepairIndexTest, TheNextRunGoesOnFromAMendedTree) {
  Publish();
  for (const char* path : kServed) Damage(path);
  ASSERT_THAT(Repair().outcome, IsOk());
  PutProject("flit", {Wheel("flit", "3.0"), Wheel("flit", "4.0")});
  now_ += absl::Hours(1);
  RunCleanly();
  VerifyOptions options;
  options.depth = VerifyDepth::kDeep;
  options.now = now_;
  ASSERT_OK_AND_ASSIGN(const VerifyReport verified,
                       VerifyHome(*home_, options));
  EXPECT_THAT(verified.problems, IsEmpty());
  EXPECT_THAT(verified.orphans, IsEmpty());
}

}  // namespace
}  // namespace tufmirror::sync
