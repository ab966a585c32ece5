// The verifier on whole files: envelope, canonical form, what is looked at
// first. Counting of signatures is in threshold_test.
#include "tufmirror/tuf/verified.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "support/repository_fixture.h"
#include "support/status_matchers.h"

namespace tufmirror::testing {
namespace {

using ::testing::AnyOf;
using tuf::RawMetadata;
using tuf::Verifier;

class VerifierTest : public ::testing::Test {
 protected:
  tuf::Verified<tuf::Root> TrustedRoot() {
    return Verifier::VerifyInitialRoot(repository_.Raw("root")).value();
  }
  absl::Status VerifyTimestamp(const RawMetadata& raw) {
    return Verifier::VerifyTimestamp(raw, TrustedRoot()).status();
  }
  const std::vector<SigningKey>& TimestampKeys() {
    return repository_.signers["timestamp"];
  }
  // A timestamp with `signatures` as the text of that member.
  RawMetadata WithSignatures(const std::string& signatures) {
    return {"{\"signatures\":" + signatures +
            ",\"signed\":" + repository_.Canonical("timestamp") + "}"};
  }
  std::string GoodSignature() {
    const tuf::Signature good =
        TimestampKeys()[0].Sign(repository_.Canonical("timestamp"));
    return Entry(good.keyid, Hex(good.value));
  }
  static std::string Entry(const std::string& keyid, const std::string& sig) {
    return "{\"keyid\":\"" + keyid + "\",\"sig\":\"" + sig + "\"}";
  }
  static std::string Hex(const std::string& bytes) {
    static constexpr char kDigits[] = "0123456789abcdef";
    std::string hex;
    for (const unsigned char c : bytes) {
      hex += kDigits[c >> 4];
      hex += kDigits[c & 15];
    }
    return hex;
  }

  RepositoryFixture repository_;
};

TEST_F(VerifierTest, AcceptsEveryTopLevelRole) {
  const tuf::Verified<tuf::Root> root = TrustedRoot();
  ASSERT_OK_AND_ASSIGN(
      const tuf::Verified<tuf::Timestamp> timestamp,
      Verifier::VerifyTimestamp(repository_.Raw("timestamp"), root));
  EXPECT_EQ(timestamp->version, 1);
  EXPECT_THAT(Verifier::VerifySnapshot(repository_.Raw("snapshot"), root),
              IsOk());
  EXPECT_THAT(Verifier::VerifyTargets(repository_.Raw("targets"), root),
              IsOk());
  EXPECT_THAT(Verifier::VerifyNextRoot(repository_.Raw("root"), root), IsOk());
}

TEST_F(VerifierTest, RefusesWhatIsNoMetadataFile) {
  for (const std::string bytes :
       {"", "null", "true", "[]", "{}", "7", "\"\"", " ", "\xff\xfe", "{",
        R"({"signatures":[]})", R"({"signed":{}})",
        R"({"signatures":null,"signed":null})",
        R"({"signatures":[],"signed":null})",
        R"({"signatures":{},"signed":{}})", R"({"signatures":"","signed":{}})",
        R"({"signatures":[null],"signed":[]})"}) {
    EXPECT_THAT(VerifyTimestamp({bytes}), AnyOf(FailsWith(Failure::kMalformed),
                                                FailsWith(Failure::kThreshold)))
        << bytes;
    EXPECT_FALSE(Verifier::VerifyInitialRoot({bytes}).ok()) << bytes;
  }
}

TEST_F(VerifierTest, RefusesTrailingAndCutBytes) {
  const std::string good = repository_.Raw("timestamp").bytes;
  EXPECT_THAT(VerifyTimestamp({good + "{}"}), FailsWith(Failure::kMalformed));
  EXPECT_THAT(VerifyTimestamp({good + std::string(1, '\0')}),
              FailsWith(Failure::kMalformed));
  EXPECT_THAT(VerifyTimestamp({good.substr(0, good.size() - 1)}),
              FailsWith(Failure::kMalformed));
}

TEST_F(VerifierTest, RefusesDeepNestingWithoutCrashing) {
  const std::string deep =
      std::string(200'000, '[') + std::string(200'000, ']');
  EXPECT_THAT(VerifyTimestamp(repository_.RawEdited(
                  "timestamp", "{\"_type\"", "{\"x\":" + deep + ",\"_type\"")),
              FailsWith(Failure::kMalformed));
  EXPECT_THAT(VerifyTimestamp(WithSignatures(deep)),
              FailsWith(Failure::kMalformed));
}

TEST_F(VerifierTest, RefusesDuplicateKeysAtAnyDepthThoughSigned) {
  EXPECT_THAT(
      VerifyTimestamp(repository_.RawEdited("timestamp", "\"version\":1}",
                                            "\"version\":1,\"version\":2}")),
      FailsWith(Failure::kMalformed));
  EXPECT_THAT(
      VerifyTimestamp(repository_.RawEdited(
          "timestamp", "\"version\":1}", "\"version\":1,\"vers\\u0069on\":2}")),
      FailsWith(Failure::kMalformed));
  EXPECT_THAT(
      VerifyTimestamp(repository_.RawEdited(
          "timestamp", "{\"_type\"", R"({"x":{"y":[{"z":1,"z":2}]},"_type")")),
      FailsWith(Failure::kMalformed));
}

TEST_F(VerifierTest, RefusesTwoSignedParts) {
  const std::string canonical = repository_.Canonical("timestamp");
  EXPECT_THAT(
      VerifyTimestamp({"{\"signatures\":[" + GoodSignature() +
                       "],\"signed\":" + canonical + ",\"signed\":" +
                       Replaced(canonical, "\"version\":1", "\"version\":9") +
                       "}"}),
      FailsWith(Failure::kMalformed));
}

// The canonical form has no floats: there is nothing to sign.
TEST_F(VerifierTest, RefusesFloatsInTheSignedPart) {
  EXPECT_THAT(
      VerifyTimestamp(repository_.RawEdited("timestamp", "{\"_type\"",
                                            "{\"x\":1.5,\"_type\"")),
      AnyOf(FailsWith(Failure::kUnsupported), FailsWith(Failure::kMalformed)));
}

// Bytes are signed in canonical form, not as they stand in the file. Both
// forms of each pair are written by hand.
TEST_F(VerifierTest, SignaturesAreOverTheCanonicalForm) {
  struct Case {
    std::string in_file;
    std::string canonical;
  };
  const std::vector<Case> cases = {
      {" 1 ", "1"},
      {"[ ]", "[]"},
      {"{ }", "{}"},
      {"[1,\n2]", "[1,2]"},
      {"{\"a\" :1}", R"({"a":1})"},
      {R"({"b":1,"a":2})", R"({"a":2,"b":1})"},
      {R"({"a":1,"B":2})", R"({"B":2,"a":1})"},
      {R"({"aa":1,"a":2})", R"({"a":2,"aa":1})"},
      {R"({"a!":1,"a":2})", R"({"a":2,"a!":1})"},
      {R"([{"k":{"b":1,"a":2}}])", R"([{"k":{"a":2,"b":1}}])"},
      {R"({"\ud800\udc00":1,"\uffff":2})",
       "{\"\xEF\xBF\xBF\":2,"
       "\"\xF0\x90\x80\x80\":1}"},
      {"{\"\xF0\x90\x80\x80\":1,\"\xEF\xBF\xBF\":2}",
       "{\"\xEF\xBF\xBF\":2,\"\xF0\x90\x80\x80\":1}"},
      {R"({"\u0062":1,"a":2})", R"({"a":2,"b":1})"},
      {R"("\/")", R"("/")"},
      {R"("\u0041")", R"("A")"},
      {R"("\u0022\u005C")", R"("\"\\")"},
      {R"("\n\t\r\b\f")", "\"\n\t\r\b\f\""},
      {R"("\u0001\u001f\u007f")", "\"\x01\x1f\x7f\""},
      {R"("\u00e9\ud83d\ude00")", "\"é😀\""},
      {R"({"\n":1,"\t":2})", "{\"\t\":2,\"\n\":1}"},
  };
  const std::string plain = repository_.Canonical("timestamp");
  const auto with = [&](const std::string& value) {
    return plain.substr(0, plain.size() - 1) + ",\"x\":" + value + "}";
  };
  for (const Case& c : cases) {
    const std::string in_file = with(c.in_file);
    EXPECT_THAT(VerifyTimestamp(FileOf(
                    in_file, {TimestampKeys()[0].Sign(with(c.canonical))})),
                IsOk())
        << c.in_file;
    EXPECT_THAT(
        VerifyTimestamp(FileOf(in_file, {TimestampKeys()[0].Sign(in_file)})),
        FailsWith(Failure::kThreshold))
        << c.in_file;
  }
}

TEST_F(VerifierTest, CanonicalFormSortsTheSignedPartItself) {
  const std::string canonical = repository_.Canonical("timestamp");
  std::string moved = Replaced(canonical, "\"_type\":\"timestamp\",", "");
  moved = "\n" + moved.substr(0, moved.size() - 1) +
          ", \"_type\":\"time\\u0073tamp\"\n}\n";
  EXPECT_THAT(
      VerifyTimestamp(FileOf(moved, {TimestampKeys()[0].Sign(canonical)})),
      IsOk());
}

// What this program writes it can read, whatever is in the names.
TEST_F(VerifierTest, ControlCharactersSurviveWriting) {
  const std::string name = "a\x01\n\"\\\x7f b";
  repository_.Delegate("targets", name, std::vector<std::string>{"\t*"});
  repository_.AddTarget(name, "\t\x1f", "x");
  ASSERT_OK_AND_ASSIGN(
      const auto targets,
      Verifier::VerifyTargets(repository_.Raw("targets"), TrustedRoot()));
  ASSERT_OK_AND_ASSIGN(
      const auto role,
      Verifier::VerifyDelegated(repository_.Raw(name), name, targets));
  EXPECT_NE(role->Find("\t\x1f"), nullptr);
}

TEST_F(VerifierTest, AChangedUnknownFieldBreaksTheSignature) {
  const RawMetadata raw = repository_.RawEdited(
      "timestamp", "{\"_type\"", "{\"a-note\":\"good\",\"_type\"");
  ASSERT_THAT(VerifyTimestamp(raw), IsOk());
  EXPECT_THAT(VerifyTimestamp({Replaced(raw.bytes, "good", "evil")}),
              FailsWith(Failure::kThreshold));
}

TEST_F(VerifierTest, AChangedByteBreaksTheSignature) {
  const RawMetadata raw = repository_.Raw("timestamp");
  EXPECT_THAT(VerifyTimestamp(
                  {Replaced(raw.bytes, "\"version\":1}", "\"version\":2}")}),
              FailsWith(Failure::kThreshold));
}

// An unverified document must not even be interpreted.
TEST_F(VerifierTest, ChecksSignaturesBeforeItParses) {
  const std::string nonsense = Replaced(repository_.Canonical("timestamp"),
                                        "\"version\":1", "\"version\":0");
  EXPECT_THAT(VerifyTimestamp(SignText(nonsense, {NewKey()})),
              FailsWith(Failure::kThreshold, "timestamp"));
  EXPECT_THAT(VerifyTimestamp(SignText(nonsense, TimestampKeys())),
              FailsWith(Failure::kMalformed, "version"));
}

// One key for two roles: a file must still be of the role's own type.
TEST_F(VerifierTest, RefusesAFileOfAnotherTypeSignedWithTheRightKey) {
  const tuf::Verified<tuf::Root> root = TrustedRoot();
  EXPECT_THAT(
      Verifier::VerifySnapshot(
          repository_.RawSignedBy("timestamp", repository_.signers["snapshot"]),
          root),
      FailsWith(Failure::kMalformed, "_type"));
  EXPECT_THAT(
      Verifier::VerifyTargets(
          repository_.RawSignedBy("snapshot", repository_.signers["targets"]),
          root),
      FailsWith(Failure::kMalformed, "_type"));
}

TEST_F(VerifierTest, RefusesTheKeysOfAnotherRole) {
  for (const char* role : {"root", "snapshot", "targets"}) {
    EXPECT_THAT(VerifyTimestamp(repository_.RawSignedBy(
                    "timestamp", repository_.signers[role])),
                FailsWith(Failure::kThreshold))
        << role;
  }
}

TEST_F(VerifierTest, IgnoresMalformedSignaturesBesideGoodOnes) {
  for (const std::string& sig : std::vector<std::string>{
           "", "0", "zz", "00", "0x00", std::string(127, 'a'),
           std::string(128, '0'), std::string(130, '0'), "é",
           std::string(1 << 20, 'f')}) {
    EXPECT_THAT(VerifyTimestamp(WithSignatures("[" + Entry("other", sig) + "," +
                                               GoodSignature() + "]")),
                IsOk())
        << sig.substr(0, 140);
    EXPECT_THAT(VerifyTimestamp(WithSignatures(
                    "[" + Entry(TimestampKeys()[0].keyid, sig) + "]")),
                FailsWith(Failure::kThreshold))
        << sig.substr(0, 140);
  }
}

TEST_F(VerifierTest, ToleratesUnknownFieldsInTheEnvelope) {
  const tuf::Signature good =
      TimestampKeys()[0].Sign(repository_.Canonical("timestamp"));
  EXPECT_THAT(VerifyTimestamp(WithSignatures(
                  "[{\"method\":\"ed25519\",\"keyid\":\"" + good.keyid +
                  "\",\"sig\":\"" + Hex(good.value) + "\"}],\"x\":1.5")),
              IsOk());
}

TEST_F(VerifierTest, AFloodOfForeignSignaturesStaysCheap) {
  std::string list = "[";
  for (int i = 0; i < 50'000; ++i) {
    list += Entry("k" + std::to_string(i), std::string(128, '0')) + ",";
  }
  EXPECT_THAT(VerifyTimestamp(WithSignatures(list + GoodSignature() + "]")),
              IsOk());
}

TEST_F(VerifierTest, AFloodThatRepeatsAKnownKeyidIsRefused) {
  std::string list = "[";
  for (int i = 0; i < 50'000; ++i) {
    list += Entry(TimestampKeys()[0].keyid, std::string(128, '0')) + ",";
  }
  EXPECT_THAT(VerifyTimestamp(WithSignatures(list + GoodSignature() + "]")),
              FailsWith(Failure::kMalformed));
}

}  // namespace
}  // namespace tufmirror::testing
