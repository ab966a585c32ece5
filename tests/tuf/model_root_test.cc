// Parse rules of root: keys, roles, thresholds; and its canonical form.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "support/repository_fixture.h"
#include "support/status_matchers.h"
#include "tuf/metadata_text.h"
#include "tufmirror/tuf/model.h"

namespace tufmirror::testing {
namespace {

using ::testing::ElementsAre;

absl::StatusOr<tuf::Root> RootWith(std::string_view from, std::string_view to) {
  return RootFrom(Replaced(kRootText, from, to));
}

TEST(ModelRootTest, ParsesEveryField) {
  ASSERT_OK_AND_ASSIGN(const tuf::Root root, RootFrom(kRootText));
  EXPECT_TRUE(root.consistent_snapshot);
  ASSERT_EQ(root.keys.size(), 2u);
  const tuf::Key& key = root.keys.at("r");
  EXPECT_EQ(key.keytype, "ed25519");
  EXPECT_EQ(key.scheme, "ed25519");
  EXPECT_EQ(key.value, std::string(63, '0') + "1");
  EXPECT_THAT(root.root.keyids, ElementsAre("r"));
  EXPECT_THAT(root.targets.keyids, ElementsAre("r", "t"));
  EXPECT_EQ(root.targets.threshold, 2);
  EXPECT_EQ(&root.role(tuf::TopLevelRole::kRoot), &root.root);
  EXPECT_EQ(&root.role(tuf::TopLevelRole::kTimestamp), &root.timestamp);
  EXPECT_EQ(&root.role(tuf::TopLevelRole::kSnapshot), &root.snapshot);
  EXPECT_EQ(&root.role(tuf::TopLevelRole::kTargets), &root.targets);
}

TEST(ModelRootTest, ConsistentSnapshotIsOptionalAndFalseByDefault) {
  ASSERT_OK_AND_ASSIGN(const tuf::Root root,
                       RootWith("\"consistent_snapshot\":true,", ""));
  EXPECT_FALSE(root.consistent_snapshot);
}

TEST(ModelRootTest, ToleratesTheOptionalMirrorsRole) {
  EXPECT_THAT(RootWith(R"("roles":{)",
                       R"("roles":{"mirrors":{"keyids":["r"],"threshold":1},)"),
              IsOk());
}

TEST(ModelRootTest, ToleratesUnknownFieldsInKeysAndRoles) {
  EXPECT_THAT(RootWith(R"("r":{"keytype")",
                       R"("r":{"keyid_hash_algorithms":["sha256"],"keytype")"),
              IsOk());
  EXPECT_THAT(RootWith(R"("root":{"keyids")", R"("root":{"x":[],"keyids")"),
              IsOk());
}

TEST(ModelRootTest, ToleratesARoleWhoseKeyIsNotThere) {
  EXPECT_THAT(RootWith(R"(["r","t"])", R"(["r","gone"])"), IsOk());
}

// TAP 12: nothing is read out of a keyid.
TEST(ModelRootTest, KeyidsAreOpaque) {
  ASSERT_OK_AND_ASSIGN(
      const tuf::Root root,
      RootWith(R"({"keyids":["r"],"threshold":1})",
               R"({"keyids":["","\u043a\u043b\u044e\u0447","a/../b","R"],)"
               R"("threshold":1})"));
  EXPECT_THAT(root.root.keyids, ElementsAre("", "ключ", "a/../b", "R"));
}

TEST(ModelRootTest, UnknownKeyTypesAreKeptNotRefused) {
  ASSERT_OK_AND_ASSIGN(
      const tuf::Root root,
      RootWith(R"("keytype":"ed25519")", R"("keytype":"ml-dsa-44")"));
  EXPECT_EQ(root.keys.at("r").keytype, "ml-dsa-44");
  EXPECT_THAT(RootWith(R"("scheme":"ed25519")", R"("scheme":"ed25519ctx")"),
              IsOk());
}

// Sigstore keys, for one, have no "public" in their keyval.
TEST(ModelRootTest, UnknownKeyTypesMayHaveAnotherKeyval) {
  EXPECT_THAT(
      RootWith(R"("keys":{)",
               R"("keys":{"s":{"keytype":"sigstore-oidc","scheme":"Fulcio",)"
               R"("keyval":{"identity":"a@example.org","issuer":"i"}},)"),
      IsOk());
}

TEST(ModelRootTest, MessagesNameTheRole) {
  EXPECT_THAT(RootWith(R"("root":{"keyids":["r"],"threshold":1})",
                       R"("root":{"keyids":["r"],"threshold":0})"),
              FailsWith(Failure::kMalformed, "role 'root': threshold"));
}

struct BadField {
  const char* name;
  const char* from;
  const char* to;
  const char* says;  // the field that the message must name
};

class BadRoot : public ::testing::TestWithParam<BadField> {};

TEST_P(BadRoot, IsRefused) {
  EXPECT_THAT(RootWith(GetParam().from, GetParam().to),
              FailsWith(Failure::kMalformed, GetParam().says));
}

constexpr char kRootRole[] = R"("root":{"keyids":["r"],"threshold":1})";

INSTANTIATE_TEST_SUITE_P(
    Model, BadRoot,
    ::testing::Values(
        BadField{"NoKeys", "\"keys\"", "\"keyz\"", "keys"},
        BadField{"NoRoles", "\"roles\"", "\"rolez\"", "roles"},
        BadField{"ConsistentSnapshotIsNumber", "snapshot\":true",
                 "snapshot\":1", "consistent_snapshot"},
        BadField{"ConsistentSnapshotIsString", "snapshot\":true",
                 "snapshot\":\"true\"", "consistent_snapshot"},
        BadField{"ConsistentSnapshotIsNull", "snapshot\":true",
                 "snapshot\":null", "consistent_snapshot"},
        BadField{"NoKeytype", "\"keytype\"", "\"type\"", "keytype"},
        BadField{"KeytypeIsNumber", R"("keytype":"ed25519")", R"("keytype":1)",
                 "keytype"},
        BadField{"NoScheme", "\"scheme\"", "\"skeme\"", "scheme"},
        BadField{"SchemeIsNull", R"("scheme":"ed25519")", R"("scheme":null)",
                 "scheme"},
        BadField{"NoKeyval", "\"keyval\"", "\"keyvalue\"", "keyval"},
        BadField{"KeyIsNull", R"("keys":{)", R"("keys":{"n":null,)", "key"},
        BadField{"KeyIsString", R"("keys":{)", R"("keys":{"n":"k",)", "key"},
        BadField{"KeysAreArray", R"("roles":{)", R"("roles":[],"r2":{)",
                 "roles"},
        BadField{"NoRootRole", R"("root":{"keyids")", R"("boot":{"keyids")",
                 "root"},
        BadField{"NoTimestampRole", R"("timestamp":{)", R"("time":{)",
                 "timestamp"},
        BadField{"NoSnapshotRole", R"("snapshot":{)", R"("snap":{)",
                 "snapshot"},
        BadField{"NoTargetsRole", R"("targets":{)", R"("goals":{)", "targets"},
        BadField{"RoleIsNull", kRootRole, R"("root":null)", "role"},
        BadField{"RoleIsArray", kRootRole, R"("root":["r"])", "role"},
        BadField{"NoKeyids", kRootRole, R"("root":{"threshold":1})", "keyids"},
        BadField{"KeyidsIsString", kRootRole,
                 R"("root":{"keyids":"r","threshold":1})", "keyids"},
        BadField{"KeyidIsNumber", kRootRole,
                 R"("root":{"keyids":[1],"threshold":1})", "keyid"},
        BadField{"KeyidTwice", kRootRole,
                 R"("root":{"keyids":["r","t","r"],"threshold":1})", "keyid"},
        BadField{"NoThreshold", kRootRole, R"("root":{"keyids":["r"]})",
                 "threshold"},
        BadField{"ThresholdZero", kRootRole,
                 R"("root":{"keyids":["r"],"threshold":0})", "threshold"},
        BadField{"ThresholdNegative", kRootRole,
                 R"("root":{"keyids":["r"],"threshold":-1})", "threshold"},
        BadField{"ThresholdFloat", kRootRole,
                 R"("root":{"keyids":["r"],"threshold":1.0})", "threshold"},
        BadField{"ThresholdTrue", kRootRole,
                 R"("root":{"keyids":["r"],"threshold":true})", "threshold"},
        BadField{"ThresholdString", kRootRole,
                 R"("root":{"keyids":["r"],"threshold":"1"})", "threshold"},
        BadField{"ThresholdNull", kRootRole,
                 R"("root":{"keyids":["r"],"threshold":null})", "threshold"},
        BadField{"ThresholdHuge", kRootRole,
                 R"("root":{"keyids":["r"],"threshold":9223372036854775808})",
                 "threshold"},
        BadField{"TimestampThresholdZero",
                 R"("timestamp":{"keyids":["t"],"threshold":1})",
                 R"("timestamp":{"keyids":["t"],"threshold":0})", "threshold"}),
    [](const auto& test) { return std::string(test.param.name); });

TEST(ModelRootTest, CanonicalFormIsSortedCompactAndComplete) {
  ASSERT_OK_AND_ASSIGN(const tuf::Root root, RootFrom(kRootText));
  std::string expected(kRootText);
  std::erase(expected, '\n');  // the literal is sorted, its line ends are not
  EXPECT_EQ(tuf::CanonicalForm(root), expected);
}

// The customary keyid of a key, computed by hand from its canonical form.
TEST(ModelRootTest, ComputesTheCustomaryKeyId) {
  const tuf::Key key{"ed25519", "ed25519",
                     "edcd0a32a07dce33f7c7873aaffbff36d20ea30787574ead335eefd3"
                     "37e4dacd"};
  // sha256sum of {"keytype":"ed25519","keyval":{"public":"edcd..."},
  // "scheme":"ed25519"}, made with another program.
  EXPECT_EQ(key.ComputeKeyId(),
            "2345a90ad8d76f3677f9ad6695b0ba0b5c7b7fbf27fb0ed35fbdf7b71264a679");
}

}  // namespace
}  // namespace tufmirror::testing
