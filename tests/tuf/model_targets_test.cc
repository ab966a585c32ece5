// Parse rules of targets: target files and delegations.
#include <gtest/gtest.h>

#include <string>
#include <variant>
#include <vector>

#include "support/repository_fixture.h"
#include "support/status_matchers.h"
#include "tuf/metadata_text.h"
#include "tufmirror/tuf/model.h"

namespace tufmirror::testing {
namespace {

using ::testing::ElementsAre;

absl::StatusOr<tuf::Targets> TargetsWith(std::string_view from,
                                         std::string_view to) {
  return TargetsFrom(Replaced(kTargetsText, from, to));
}

TEST(ModelTargetsTest, ParsesTargetFiles) {
  ASSERT_OK_AND_ASSIGN(const tuf::Targets targets, TargetsFrom(kTargetsText));
  ASSERT_EQ(targets.targets.size(), 1u);
  const tuf::TargetFile* file = targets.Find("a/x.txt");
  ASSERT_NE(file, nullptr);
  EXPECT_EQ(file->content.length, 31u);
  EXPECT_EQ(file->content.digests.sha256->Hex(),
            "65b8c67f51c993d898250f40aa57a317d854900b3a04895464313e48785440da");
  EXPECT_EQ(file->custom, R"({"a":"é","b":1})");
  EXPECT_EQ(targets.Find("a/x"), nullptr);
  EXPECT_EQ(targets.Find("A/x.txt"), nullptr);
  EXPECT_EQ(targets.Find(""), nullptr);
}

TEST(ModelTargetsTest, FindsEveryTargetWhateverTheOrderInTheFile) {
  const std::string hashes =
      R"({"hashes":{"sha256":")" + std::string(64, '0') + R"("},"length":)";
  ASSERT_OK_AND_ASSIGN(
      const tuf::Targets targets,
      TargetsFrom(R"({"_type":"targets","expires":"2030-01-01T00:00:00Z",)"
                  R"("targets":{"b":)" +
                  hashes + R"(1},"10":)" + hashes + R"(2},"9":)" + hashes +
                  R"(3},"\u00e9":)" + hashes + R"(4},"a":)" + hashes +
                  R"(5}},"spec_version":"1.0","version":1})"));
  for (const auto& [path, length] :
       std::vector<std::pair<std::string, uint64_t>>{
           {"b", 1}, {"10", 2}, {"9", 3}, {"é", 4}, {"a", 5}}) {
    ASSERT_NE(targets.Find(path), nullptr) << path;
    EXPECT_EQ(targets.Find(path)->content.length, length);
  }
}

// Paths are kept as given: they are judged when one is used as a file name.
TEST(ModelTargetsTest, KeepsHostilePathsAsGiven) {
  ASSERT_OK_AND_ASSIGN(const tuf::Targets targets,
                       TargetsWith("\"a/x.txt\"", "\"../../etc/passwd\""));
  EXPECT_NE(targets.Find("../../etc/passwd"), nullptr);
  EXPECT_EQ(targets.Find("etc/passwd"), nullptr);
}

TEST(ModelTargetsTest, ParsesDelegationsInListOrder) {
  ASSERT_OK_AND_ASSIGN(const tuf::Targets targets, TargetsFrom(kTargetsText));
  ASSERT_TRUE(targets.delegations.has_value());
  EXPECT_EQ(targets.delegations->keys.size(), 1u);
  const auto& roles =
      std::get<std::vector<tuf::DelegatedRole>>(targets.delegations->roles);
  ASSERT_EQ(roles.size(), 2u);
  EXPECT_EQ(roles[0].name, "first");
  EXPECT_TRUE(roles[0].terminating);
  EXPECT_THAT(std::get<tuf::PathPatterns>(roles[0].paths).patterns,
              ElementsAre("a/*"));
  EXPECT_EQ(roles[1].name, "second");
  EXPECT_FALSE(roles[1].terminating);
  EXPECT_THAT(roles[1].keys.keyids, ElementsAre("k"));
  EXPECT_THAT(std::get<tuf::PathHashPrefixes>(roles[1].paths).prefixes,
              ElementsAre("00", "0f"));
}

// A reader that keeps objects in hash order would swap these.
TEST(ModelTargetsTest, KeepsTheOrderOfIntegerLikeRoleNames) {
  ASSERT_OK_AND_ASSIGN(
      const tuf::Targets targets,
      TargetsFrom(Replaced(Replaced(kTargetsText, "\"first\"", "\"10\""),
                           "\"second\"", "\"9\"")));
  const auto& roles =
      std::get<std::vector<tuf::DelegatedRole>>(targets.delegations->roles);
  EXPECT_EQ(roles[0].name, "10");
  EXPECT_EQ(roles[1].name, "9");
}

TEST(ModelTargetsTest, DelegationsAreOptional) {
  ASSERT_OK_AND_ASSIGN(const tuf::Targets targets,
                       TargetsWith("\"delegations\"", "\"delegationz\""));
  EXPECT_FALSE(targets.delegations.has_value());
}

TEST(ModelTargetsTest, EmptyListsAreLegal) {
  EXPECT_THAT(TargetsWith(R"("paths":["a/*"])", R"("paths":[])"), IsOk());
  EXPECT_THAT(
      TargetsFrom(R"({"_type":"targets","delegations":{"keys":{},"roles":[]},)"
                  R"("expires":"2030-01-01T00:00:00Z","targets":{},)"
                  R"("spec_version":"1.0.34","version":7})"),
      IsOk());
}

TEST(ModelTargetsTest, ParsesSuccinctRoles) {
  ASSERT_OK_AND_ASSIGN(const tuf::Targets targets, TargetsFrom(kSuccinctText));
  const auto& bins = std::get<tuf::SuccinctRoles>(targets.delegations->roles);
  EXPECT_EQ(bins.bit_length, 8);
  EXPECT_EQ(bins.name_prefix, "bin");
  EXPECT_THAT(bins.keys.keyids, ElementsAre("k"));
  EXPECT_EQ(bins.keys.threshold, 1);
  for (const int bits : {1, 32}) {
    EXPECT_THAT(TargetsFrom(Replaced(kSuccinctText, "\"bit_length\":8",
                                     "\"bit_length\":" + std::to_string(bits))),
                IsOk());
  }
}

TEST(ModelTargetsTest, CanonicalForms) {
  ASSERT_OK_AND_ASSIGN(const tuf::Targets targets, TargetsFrom(kTargetsText));
  std::string expected =
      Replaced(kTargetsText, R"({"b":1,"a":"\u00e9"})", R"({"a":"é","b":1})");
  expected = Replaced(expected, R"({
"custom")",
                      R"({"custom")");
  expected = Replaced(expected, R"("spec_version":"1.0.34")", "SPEC");
  // In the literal "targets" stands before "spec_version".
  const size_t at = expected.find("\"targets\":{");
  const size_t spec = expected.find(",SPEC");
  const std::string files = expected.substr(at, spec - at);
  expected = expected.substr(0, at) + R"("spec_version":"1.0.34",)" + files +
             R"(,"version":7})";
  std::erase(expected, '\n');
  EXPECT_EQ(tuf::CanonicalForm(targets), expected);

  ASSERT_OK_AND_ASSIGN(const tuf::Targets bins, TargetsFrom(kSuccinctText));
  ASSERT_OK_AND_ASSIGN(const tuf::Targets again,
                       TargetsFrom(tuf::CanonicalForm(bins)));
  EXPECT_EQ(tuf::CanonicalForm(again), tuf::CanonicalForm(bins));
}

struct BadField {
  const char* name;
  const char* from;
  const char* to;
  const char* says;
};

class BadTargets : public ::testing::TestWithParam<BadField> {};
TEST_P(BadTargets, IsRefused) {
  EXPECT_THAT(TargetsWith(GetParam().from, GetParam().to),
              FailsWith(Failure::kMalformed, GetParam().says));
}

std::string NameOf(const ::testing::TestParamInfo<BadField>& info) {
  return info.param.name;
}

INSTANTIATE_TEST_SUITE_P(
    TargetFiles, BadTargets,
    ::testing::Values(
        BadField{"NoTargets", "\"targets\":{", "\"targetz\":{", "targets"},
        BadField{"TargetsNull", "\"targets\":{", "\"targets\":null,\"x\":{",
                 "targets"},
        BadField{"TargetsArray", "\"targets\":{", "\"targets\":[],\"x\":{",
                 "targets"},
        BadField{"TargetNull", "\"targets\":{", "\"targets\":{\"n\":null,",
                 "target"},
        BadField{"NoLength", "\"length\"", "\"len\"", "length"},
        BadField{"LengthNegative", "\"length\":31", "\"length\":-1", "length"},
        BadField{"LengthFloat", "\"length\":31", "\"length\":31.0", "length"},
        BadField{"LengthString", "\"length\":31", "\"length\":\"31\"",
                 "length"},
        BadField{"LengthNull", "\"length\":31", "\"length\":null", "length"},
        BadField{"LengthHuge", "\"length\":31",
                 "\"length\":99999999999999999999", ""},
        BadField{"LengthAbove63Bits", "\"length\":31",
                 "\"length\":9223372036854775808", "length"},
        BadField{"NoHashes", "\"hashes\"", "\"hash\"", "hashes"},
        BadField{"HashesEmpty", "\"hashes\":{", "\"hashes\":{},\"x\":{",
                 "hashes"},
        BadField{"HashesNull", "\"hashes\":{", "\"hashes\":null,\"x\":{",
                 "hashes"},
        BadField{"HashesArray", "\"hashes\":{", "\"hashes\":[],\"x\":{",
                 "hashes"},
        BadField{"HashShort", "\"65b8", "\"65b", ""},
        BadField{"HashLong", "\"65b8", "\"65b80", ""},
        BadField{"HashNotHex", "\"65b8", "\"65bg", ""},
        BadField{"PathTwice", "\"targets\":{",
                 "\"targets\":{\"a\\u002fx.txt\":{\"hashes\":{\"x\":\"0\"},"
                 "\"length\":1},",
                 ""}),
    NameOf);

INSTANTIATE_TEST_SUITE_P(
    Delegations, BadTargets,
    ::testing::Values(
        BadField{"DelegationsNull", "\"delegations\":{",
                 "\"delegations\":null,\"x\":{", "delegations"},
        BadField{"DelegationsArray", "\"delegations\":{",
                 "\"delegations\":[],\"x\":{", "delegations"},
        BadField{"NoKeys", "{\"keys\":", "{\"keyz\":", "keys"},
        BadField{"NeitherRolesNorSuccinct", "\"roles\":[", "\"rolez\":[",
                 "roles"},
        BadField{"RolesAndSuccinct", "\"roles\":[",
                 R"("succinct_roles":{"bit_length":8,"keyids":["k"],)"
                 R"("name_prefix":"bin","threshold":1},"roles":[)",
                 "succinct_roles"},
        BadField{"RolesObject", "\"roles\":[", "\"roles\":{},\"x\":[", "roles"},
        BadField{"RolesNull", "\"roles\":[", "\"roles\":null,\"x\":[", "roles"},
        BadField{"RoleNull", "\"roles\":[", "\"roles\":[null,", "role"},
        BadField{"NoName", "\"name\":\"first\",", "", "name"},
        BadField{"NameNumber", "\"name\":\"first\"", "\"name\":1", "name"},
        BadField{"NameEmpty", "\"first\"", "\"\"", "name"},
        BadField{"NameRoot", "\"first\"", "\"root\"", "root"},
        BadField{"NameTimestamp", "\"first\"", "\"timestamp\"", "timestamp"},
        BadField{"NameSnapshot", "\"first\"", "\"snapshot\"", "snapshot"},
        BadField{"NameTargets", "\"first\"", "\"targets\"", "targets"},
        BadField{"NameTargetsEscaped", "\"first\"", "\"t\\u0061rgets\"",
                 "targets"},
        BadField{"NameTwice", "\"second\"", "\"first\"", "first"},
        BadField{"PathsAndPrefixes", R"("paths":["a/*"])",
                 R"("paths":["a/*"],"path_hash_prefixes":["00"])", "paths"},
        BadField{"NeitherPathsNorPrefixes", R"("paths":["a/*"],)", "", "paths"},
        BadField{"PathsString", R"("paths":["a/*"])", R"("paths":"a/*")",
                 "paths"},
        BadField{"PathsNull", R"("paths":["a/*"])", R"("paths":null)", "paths"},
        BadField{"PathNumber", R"("paths":["a/*"])", R"("paths":[1])", "path"},
        BadField{"PrefixNumber", R"(["00","0f"])", R"([0])",
                 "path_hash_prefixes"},
        BadField{"PrefixUpperCase", R"(["00","0f"])", R"(["00","0F"])",
                 "path_hash_prefixes"},
        BadField{"PrefixNotHex", R"(["00","0f"])", R"(["00","0g"])",
                 "path_hash_prefixes"},
        BadField{"PrefixBase64", R"(["00","0f"])", R"(["AA=="])",
                 "path_hash_prefixes"},
        BadField{"TerminatingNumber", "\"terminating\":true",
                 "\"terminating\":1", "terminating"},
        BadField{"TerminatingString", "\"terminating\":true",
                 "\"terminating\":\"true\"", "terminating"},
        BadField{"KeyidTwice", R"({"keyids":["k"],"name":"first")",
                 R"({"keyids":["k","k"],"name":"first")", "keyid"},
        BadField{"NoKeyids", R"({"keyids":["k"],"name":"first")",
                 R"({"name":"first")", "keyids"},
        BadField{"ThresholdZero", "\"terminating\":true,\"threshold\":1",
                 "\"terminating\":true,\"threshold\":0", "threshold"},
        BadField{"ThresholdNegative", "\"terminating\":true,\"threshold\":1",
                 "\"terminating\":true,\"threshold\":-1", "threshold"},
        BadField{"NoThreshold", "\"terminating\":true,\"threshold\":1",
                 "\"terminating\":true", "threshold"}),
    NameOf);

class BadSuccinct : public ::testing::TestWithParam<BadField> {};
TEST_P(BadSuccinct, IsRefused) {
  EXPECT_THAT(
      TargetsFrom(Replaced(kSuccinctText, GetParam().from, GetParam().to)),
      FailsWith(Failure::kMalformed, GetParam().says));
}

INSTANTIATE_TEST_SUITE_P(
    Model, BadSuccinct,
    ::testing::Values(
        BadField{"BitsZero", "_length\":8", "_length\":0", "bit_length"},
        BadField{"Bits33", "_length\":8", "_length\":33", "bit_length"},
        BadField{"BitsNegative", "_length\":8", "_length\":-8", "bit_length"},
        BadField{"BitsHuge", "_length\":8", "_length\":4294967304",
                 "bit_length"},
        BadField{"BitsFloat", "_length\":8", "_length\":8.0", "bit_length"},
        BadField{"BitsTrue", "_length\":8", "_length\":true", "bit_length"},
        BadField{"BitsString", "_length\":8", "_length\":\"8\"", "bit_length"},
        BadField{"NoBits", "\"bit_length\"", "\"bits\"", "bit_length"},
        BadField{"NoPrefix", "\"name_prefix\"", "\"prefix\"", "name_prefix"},
        BadField{"PrefixNumber", "\"bin\"", "1", "name_prefix"},
        BadField{"ThresholdZero", "\"threshold\":1", "\"threshold\":0",
                 "threshold"},
        BadField{"KeyidTwice", "[\"k\"]", "[\"k\",\"k\"]", "keyid"},
        BadField{"SuccinctNull", "\"succinct_roles\":{",
                 "\"succinct_roles\":null,\"x\":{", "succinct_roles"}),
    NameOf);

}  // namespace
}  // namespace tufmirror::testing
