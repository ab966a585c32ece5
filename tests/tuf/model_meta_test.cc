// Parse rules of timestamp and snapshot: what they say of other files.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "support/repository_fixture.h"
#include "support/status_matchers.h"
#include "tuf/metadata_text.h"
#include "tufmirror/tuf/model.h"

namespace tufmirror::testing {
namespace {

constexpr char kSha256[] =
    "f592d072e1193688a686267e8e10d7257b4ebfcf28133350dae88362d82a0c8a";

// A timestamp whose snapshot entry is `entry`.
absl::StatusOr<tuf::Timestamp> TimestampWith(const std::string& entry) {
  return TimestampFrom(
      R"({"_type":"timestamp","expires":"2030-01-01T00:00:00Z",)"
      R"("meta":{"snapshot.json":)" +
      entry + R"(},"spec_version":"1.0.34","version":7})");
}

absl::StatusOr<tuf::Snapshot> SnapshotWithMeta(const std::string& meta) {
  return SnapshotFrom(
      R"({"_type":"snapshot","expires":"2030-01-01T00:00:00Z","meta":)" + meta +
      R"(,"spec_version":"1.0.34","version":7})");
}

TEST(ModelMetaTest, ParsesATimestamp) {
  ASSERT_OK_AND_ASSIGN(const tuf::Timestamp timestamp,
                       TimestampFrom(kTimestampText));
  EXPECT_EQ(timestamp.snapshot.version, 4);
  EXPECT_EQ(timestamp.snapshot.length, 1007u);
  ASSERT_TRUE(timestamp.snapshot.digests.sha256.has_value());
  EXPECT_EQ(timestamp.snapshot.digests.sha256->Hex(), kSha256);
  EXPECT_FALSE(timestamp.snapshot.digests.sha512.has_value());
}

TEST(ModelMetaTest, LengthAndHashesAreOptional) {
  ASSERT_OK_AND_ASSIGN(const tuf::Timestamp timestamp,
                       TimestampWith(R"({"version":4})"));
  EXPECT_EQ(timestamp.snapshot.version, 4);
  EXPECT_FALSE(timestamp.snapshot.length.has_value());
  EXPECT_TRUE(timestamp.snapshot.digests.empty());
}

TEST(ModelMetaTest, UnknownHashAlgorithmsAreRememberedNotDropped) {
  ASSERT_OK_AND_ASSIGN(
      const tuf::Timestamp timestamp,
      TimestampWith(R"({"version":4,"hashes":{"blake3":"00"}})"));
  EXPECT_EQ(timestamp.snapshot.digests.unsupported, "blake3");
  EXPECT_FALSE(timestamp.snapshot.digests.empty());
}

TEST(ModelMetaTest, IgnoresUnknownFieldsInAnEntry) {
  EXPECT_THAT(TimestampWith(R"({"version":4,"x-note":[1]})"), IsOk());
}

TEST(ModelMetaTest, RejectsMalformedEntries) {
  const std::string sha(kSha256);
  for (const std::string& entry : std::vector<std::string>{
           "null",
           "[]",
           "4",
           "\"4\"",
           "{}",
           R"({"version":0})",
           R"({"version":-3})",
           R"({"version":1.0})",
           R"({"version":true})",
           R"({"version":"1"})",
           R"({"version":null})",
           R"({"version":9223372036854775808})",
           R"({"version":1)" + std::string(60, '0') + "}",
           R"({"version":4,"length":-1})",
           R"({"version":4,"length":1.0})",
           R"({"version":4,"length":"1"})",
           R"({"version":4,"length":null})",
           R"({"version":4,"length":true})",
           R"({"version":4,"hashes":{}})",
           R"({"version":4,"hashes":null})",
           R"({"version":4,"hashes":[]})",
           R"({"version":4,"hashes":"sha256"})",
           R"({"version":4,"hashes":{"sha256":""}})",
           R"({"version":4,"hashes":{"sha256":null}})",
           R"({"version":4,"hashes":{"sha256":1}})",
           R"({"version":4,"hashes":{"sha256":")" + sha.substr(1) + "\"}}",
           R"({"version":4,"hashes":{"sha256":")" + sha + "0\"}}",
           R"({"version":4,"hashes":{"sha256":")" + sha + "00\"}}",
           R"({"version":4,"hashes":{"sha256":"g)" + sha.substr(1) + "\"}}",
           R"({"version":4,"hashes":{"sha512":")" + sha + "\"}}"}) {
    EXPECT_THAT(TimestampWith(entry), FailsWith(Failure::kMalformed)) << entry;
    EXPECT_THAT(SnapshotWithMeta(R"({"targets.json":)" + entry + "}"),
                FailsWith(Failure::kMalformed))
        << entry;
  }
}

TEST(ModelMetaTest, RejectsATimestampWithoutSnapshot) {
  for (const std::string_view meta :
       {"{}", "null", "[]", R"({"snapshot":{"version":1}})",
        R"({"targets.json":{"version":1}})",
        R"({"Snapshot.json":{"version":1}})"}) {
    EXPECT_THAT(
        TimestampFrom(
            R"({"_type":"timestamp","expires":"2030-01-01T00:00:00Z","meta":)" +
            std::string(meta) + R"(,"spec_version":"1.0.34","version":7})"),
        FailsWith(Failure::kMalformed, "meta"))
        << meta;
  }
  EXPECT_THAT(TimestampFrom(Replaced(kTimestampText, "\"meta\"", "\"mata\"")),
              FailsWith(Failure::kMalformed, "meta"));
}

TEST(ModelMetaTest, ParsesASnapshotByRoleName) {
  ASSERT_OK_AND_ASSIGN(const tuf::Snapshot snapshot,
                       SnapshotFrom(kSnapshotText));
  ASSERT_EQ(snapshot.meta.size(), 2u);
  ASSERT_NE(snapshot.Find("targets"), nullptr);
  EXPECT_EQ(snapshot.Find("targets")->version, 3);
  ASSERT_NE(snapshot.Find("a/b"), nullptr);
  EXPECT_EQ(snapshot.Find("a/b")->version, 9);
  EXPECT_EQ(snapshot.Find("a/b")->length, 604u);
  for (const char* absent :
       {"", "a", "a/b.json", "targets.json", "target", "targetsx", "a%2Fb"}) {
    EXPECT_EQ(snapshot.Find(absent), nullptr) << absent;
  }
}

TEST(ModelMetaTest, FindsEveryRoleWhateverTheOrderInTheFile) {
  ASSERT_OK_AND_ASSIGN(
      const tuf::Snapshot snapshot,
      SnapshotWithMeta(R"({"z.json":{"version":1},"10.json":{"version":2},)"
                       R"("9.json":{"version":3},"a-b.json":{"version":4},)"
                       R"("a.json":{"version":5},"\u00e9.json":{"version":6},)"
                       R"("a.b.json":{"version":7},"a!.json":{"version":8}})"));
  const std::vector<std::pair<std::string, int64_t>> expected = {
      {"z", 1}, {"10", 2}, {"9", 3},   {"a-b", 4},
      {"a", 5}, {"é", 6},  {"a.b", 7}, {"a!", 8}};
  for (const auto& [role, version] : expected) {
    ASSERT_NE(snapshot.Find(role), nullptr) << role;
    EXPECT_EQ(snapshot.Find(role)->version, version) << role;
  }
  EXPECT_TRUE(std::is_sorted(
      snapshot.meta.begin(), snapshot.meta.end(),
      [](const auto& a, const auto& b) { return a.first < b.first; }));
}

// A name without ".json" is no metadata file: it must not stand for a role.
TEST(ModelMetaTest, NamesWithoutJsonAreNoRoles) {
  const absl::StatusOr<tuf::Snapshot> snapshot =
      SnapshotWithMeta(R"({"targets":{"version":1},".json":{"version":1}})");
  if (snapshot.ok()) {
    EXPECT_EQ(snapshot->Find("targets"), nullptr);
  } else {
    EXPECT_THAT(snapshot, FailsWith(Failure::kMalformed));
  }
}

TEST(ModelMetaTest, RejectsASnapshotWithoutMeta) {
  EXPECT_THAT(SnapshotFrom(Replaced(kSnapshotText, "\"meta\"", "\"mata\"")),
              FailsWith(Failure::kMalformed, "meta"));
  for (const char* meta : {"null", "[]", "\"\"", "3"}) {
    EXPECT_THAT(SnapshotWithMeta(meta), FailsWith(Failure::kMalformed, "meta"))
        << meta;
  }
}

TEST(ModelMetaTest, RejectsDuplicateRoles) {
  EXPECT_THAT(
      SnapshotWithMeta(R"({"a.json":{"version":2},"a.json":{"version":1}})"),
      FailsWith(Failure::kMalformed));
  EXPECT_THAT(SnapshotWithMeta(
                  R"({"a.json":{"version":2},"\u0061.json":{"version":1}})"),
              FailsWith(Failure::kMalformed));
}

TEST(ModelMetaTest, CanonicalForms) {
  ASSERT_OK_AND_ASSIGN(const tuf::Timestamp timestamp,
                       TimestampFrom(kTimestampText));
  std::string expected(kTimestampText);
  std::erase(expected, '\n');
  EXPECT_EQ(tuf::CanonicalForm(timestamp), expected);

  // Sorted by file name: '-' and '!' come before the '.' of ".json", '/' after.
  ASSERT_OK_AND_ASSIGN(
      const tuf::Snapshot snapshot,
      SnapshotWithMeta(R"({"a/b.json":{"version":4},"a.json":{"version":5},)"
                       R"("a-b.json":{"version":6}})"));
  EXPECT_EQ(
      tuf::CanonicalForm(snapshot),
      R"({"_type":"snapshot","expires":"2030-01-01T00:00:00Z",)"
      R"("meta":{"a-b.json":{"version":6},"a.json":{"version":5},)"
      R"("a/b.json":{"version":4}},"spec_version":"1.0.34","version":7})");
}

}  // namespace
}  // namespace tufmirror::testing
