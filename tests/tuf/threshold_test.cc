// Which signatures count, and how often: one set of rules for root, top-level
// and delegated roles.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "support/repository_fixture.h"
#include "support/status_matchers.h"
#include "tufmirror/tuf/verified.h"

namespace tufmirror::testing {
namespace {

using crypto::KeyAlgorithm;
using tuf::RawMetadata;
using tuf::Verifier;

// One role to be verified: keys can be declared for it, and its file signed.
// The same tests run for each kind of role, since each could have its own bug.
class EveryRole : public ::testing::TestWithParam<std::string> {
 protected:
  EveryRole() {
    repository_.Delegate("targets", "alice", {"a/*"});
    Keys() = tuf::RoleKeys{};
  }

  tuf::RoleKeys& Keys() {
    if (GetParam() == "root") return repository_.root.root;
    if (GetParam() == "timestamp") return repository_.root.timestamp;
    if (GetParam() == "snapshot") return repository_.root.snapshot;
    if (GetParam() == "targets") return repository_.root.targets;
    return std::get<std::vector<tuf::DelegatedRole>>(
               repository_.targets.delegations->roles)[0]
        .keys;
  }
  tuf::KeyMap& Declared() {
    return GetParam() == "alice" ? repository_.targets.delegations->keys
                                 : repository_.root.keys;
  }
  void Declare(const SigningKey& key) {
    Declared().insert_or_assign(key.keyid, key.Declared());
    Keys().keyids.push_back(key.keyid);
  }
  SigningKey DeclareNew(KeyAlgorithm algorithm = KeyAlgorithm::kEd25519) {
    const SigningKey key = NewKey(algorithm);
    Declare(key);
    return key;
  }
  void SetThreshold(int64_t threshold) { Keys().threshold = threshold; }

  // Verifies `raw` as the role, under a delegator with the keys of now.
  absl::Status Verify(const RawMetadata& raw) {
    if (GetParam() == "root") {
      return Verifier::VerifyInitialRoot(raw).status();
    }
    const auto root = Verifier::VerifyInitialRoot(repository_.Raw("root"));
    if (!root.ok()) return root.status();
    if (GetParam() == "timestamp") {
      return Verifier::VerifyTimestamp(raw, *root).status();
    }
    if (GetParam() == "snapshot") {
      return Verifier::VerifySnapshot(raw, *root).status();
    }
    if (GetParam() == "targets") {
      return Verifier::VerifyTargets(raw, *root).status();
    }
    const auto targets =
        Verifier::VerifyTargets(repository_.Raw("targets"), *root);
    if (!targets.ok()) return targets.status();
    return Verifier::VerifyDelegated(raw, "alice", *targets).status();
  }
  absl::Status VerifySignedBy(const std::vector<SigningKey>& keys) {
    return Verify(repository_.RawSignedBy(GetParam(), keys));
  }
  absl::Status VerifyWith(const std::vector<tuf::Signature>& signatures) {
    return Verify(FileOf(Canonical(), signatures));
  }
  std::string Canonical() { return repository_.Canonical(GetParam()); }

  RepositoryFixture repository_;
};

INSTANTIATE_TEST_SUITE_P(Threshold, EveryRole,
                         ::testing::Values("root", "timestamp", "snapshot",
                                           "targets", "alice"),
                         [](const auto& test) { return test.param; });

TEST_P(EveryRole, NeedsItsThreshold) {
  const SigningKey a = DeclareNew(), b = DeclareNew(), c = DeclareNew();
  SetThreshold(2);
  EXPECT_THAT(VerifySignedBy({}), FailsWith(Failure::kThreshold, GetParam()));
  EXPECT_THAT(VerifySignedBy({a}), FailsWith(Failure::kThreshold, GetParam()));
  EXPECT_THAT(VerifySignedBy({a, b}), IsOk());
  EXPECT_THAT(VerifySignedBy({c, b}), IsOk());
  EXPECT_THAT(VerifySignedBy({a, b, c}), IsOk());
}

TEST_P(EveryRole, RefusesUnsignedFiles) {
  DeclareNew();
  EXPECT_THAT(VerifySignedBy({}), FailsWith(Failure::kThreshold));
}

TEST_P(EveryRole, ARoleWithoutKeysCannotBeSigned) {
  EXPECT_THAT(VerifySignedBy({NewKey()}), FailsWith(Failure::kThreshold));
}

TEST_P(EveryRole, AnUnreachableThresholdIsNeverMet) {
  const SigningKey a = DeclareNew(), b = DeclareNew();
  SetThreshold(3);
  EXPECT_THAT(VerifySignedBy({a, b}), FailsWith(Failure::kThreshold));
  SetThreshold(int64_t{1} << 40);
  EXPECT_THAT(VerifySignedBy({a, b}), FailsWith(Failure::kThreshold));
}

TEST_P(EveryRole, RefusesDuplicateSignaturesEvenAboveTheThreshold) {
  const SigningKey a = DeclareNew(), b = DeclareNew();
  SetThreshold(2);
  EXPECT_THAT(VerifySignedBy({a, a}), FailsWith(Failure::kMalformed, "keyid"));
  EXPECT_THAT(VerifySignedBy({a, b, a}),
              FailsWith(Failure::kMalformed, "keyid"));
  const SigningKey foreign = NewKey();
  EXPECT_THAT(VerifySignedBy({a, b, foreign, foreign}),
              FailsWith(Failure::kMalformed, "keyid"));
}

TEST_P(EveryRole, OneKeyUnderSeveralKeyidsCountsOnce) {
  const SigningKey a = DeclareNew();
  Declare(a.As("another name"));
  Declare(a.As("a third name"));
  SetThreshold(2);
  EXPECT_THAT(VerifySignedBy({a, a.As("another name"), a.As("a third name")}),
              FailsWith(Failure::kThreshold));
  const SigningKey b = DeclareNew();
  EXPECT_THAT(VerifySignedBy({a, a.As("another name"), b}), IsOk());
}

TEST_P(EveryRole, OneKeyInTwoSpellingsCountsOnce) {
  const SigningKey ed25519 = DeclareNew();
  tuf::Key upper = ed25519.Declared();
  for (char& c : upper.value) c = c >= 'a' && c <= 'f' ? char(c - 32) : c;
  Declared().insert_or_assign("upper", upper);
  Keys().keyids.push_back("upper");
  SetThreshold(2);
  EXPECT_THAT(VerifySignedBy({ed25519, ed25519.As("upper")}),
              FailsWith(Failure::kThreshold));

  const SigningKey ecdsa = DeclareNew(KeyAlgorithm::kEcdsaP256);
  tuf::Key respelled = ecdsa.Declared();
  respelled.keytype =
      respelled.keytype == "ecdsa" ? "ecdsa-sha2-nistp256" : "ecdsa";
  respelled.value += "\n";
  Declared().insert_or_assign("respelled", respelled);
  Keys().keyids.push_back("respelled");
  EXPECT_THAT(VerifySignedBy({ecdsa, ecdsa.As("respelled")}),
              FailsWith(Failure::kThreshold));
  EXPECT_THAT(VerifySignedBy({ecdsa, ed25519}), IsOk());
}

TEST_P(EveryRole, WrongSignaturesAreIgnoredBesideGoodOnes) {
  const SigningKey a = DeclareNew(), b = DeclareNew();
  const tuf::Signature over_other_bytes = b.Sign("something else");
  EXPECT_THAT(VerifyWith({over_other_bytes, a.Sign(Canonical())}), IsOk());
  EXPECT_THAT(VerifyWith({over_other_bytes}), FailsWith(Failure::kThreshold));
  SetThreshold(2);
  EXPECT_THAT(VerifyWith({over_other_bytes, a.Sign(Canonical())}),
              FailsWith(Failure::kThreshold));
}

TEST_P(EveryRole, ForeignSignaturesAreIgnoredBesideGoodOnes) {
  const SigningKey a = DeclareNew();
  EXPECT_THAT(VerifySignedBy({NewKey(), a, NewKey()}), IsOk());
  EXPECT_THAT(VerifySignedBy({NewKey(), NewKey()}),
              FailsWith(Failure::kThreshold));
}

TEST_P(EveryRole, ASignatureCountsOnlyUnderItsOwnKeyid) {
  const SigningKey a = DeclareNew(), b = DeclareNew();
  EXPECT_THAT(VerifySignedBy({a.As(b.keyid)}), FailsWith(Failure::kThreshold));
  EXPECT_THAT(VerifySignedBy({a.As(b.keyid), b.As(a.keyid)}),
              FailsWith(Failure::kThreshold));
}

TEST_P(EveryRole, ADeclaredKeyThatIsNotTheRolesCountsForNothing) {
  DeclareNew();
  const SigningKey stranger = NewKey();
  Declared().emplace(stranger.keyid, stranger.Declared());
  EXPECT_THAT(VerifySignedBy({stranger}), FailsWith(Failure::kThreshold));
}

TEST_P(EveryRole, AKeyidWithoutAKeyCountsForNothing) {
  const SigningKey a = DeclareNew(), gone = DeclareNew();
  Declared().erase(gone.keyid);
  EXPECT_THAT(VerifySignedBy({gone}), FailsWith(Failure::kThreshold));
  EXPECT_THAT(VerifySignedBy({gone, a}), IsOk());
}

// TAP 12: the keyid is whatever the delegator says.
TEST_P(EveryRole, KeyidsAreOpaque) {
  const SigningKey key = NewKey();
  for (const std::string keyid :
       {"a", "", "ключ \xF0\x9F\x94\x91", "../../x", "\"\\",
        "0000000000000000000000000000000000000000000000000000000000000000"}) {
    Keys() = tuf::RoleKeys{};
    Declare(key.As(keyid));
    EXPECT_THAT(VerifySignedBy({key.As(keyid)}), IsOk()) << keyid;
  }
  EXPECT_THAT(VerifySignedBy({key}), FailsWith(Failure::kThreshold));
}

TEST_P(EveryRole, SkipsKeysOfUnknownKindsNotTheFile) {
  const SigningKey good = DeclareNew();
  for (const auto& [keytype, scheme] :
       std::vector<std::pair<std::string, std::string>>{
           {"ml-dsa-44", "ml-dsa-44"},
           {"ed25519", "ed25519ph"},
           {"ED25519", "ed25519"},
           {"", ""},
           {"rsa", "rsa-pkcs1v15-sha256"},
           {"rsa", "rsassa-pss-sha1"}}) {
    tuf::Key key = good.Declared();
    key.keytype = keytype;
    key.scheme = scheme;
    const std::string keyid = keytype + "/" + scheme;
    Declared().insert_or_assign(keyid, key);
    Keys().keyids.push_back(keyid);
    EXPECT_THAT(VerifySignedBy({good, good.As(keyid)}), IsOk()) << keyid;
    EXPECT_THAT(VerifySignedBy({good.As(keyid)}),
                FailsWith(Failure::kThreshold))
        << keyid;
  }
}

// Wrong lengths have crashed verifiers.
TEST_P(EveryRole, SkipsMalformedKeysNotTheFile) {
  const SigningKey good = DeclareNew();
  int serial = 0;
  for (const std::string& value : std::vector<std::string>{
           "", "00", std::string(62, '0'), std::string(63, '0'),
           std::string(65, '0'), std::string(66, '0'), std::string(64, 'g'),
           std::string(64, '0'), std::string(64, 'f'), "é",
           std::string(100'000, '0'), "-----BEGIN PUBLIC KEY-----"}) {
    for (const char* keytype : {"ed25519", "ecdsa", "rsa"}) {
      const std::string type = keytype;
      const std::string keyid = "bad" + std::to_string(++serial);
      Declared().insert_or_assign(
          keyid, tuf::Key{type,
                          type == "rsa"     ? "rsassa-pss-sha256"
                          : type == "ecdsa" ? "ecdsa-sha2-nistp256"
                                            : "ed25519",
                          value});
      Keys().keyids.push_back(keyid);
      EXPECT_THAT(VerifySignedBy({good.As(keyid), good}), IsOk()) << value;
      EXPECT_THAT(VerifySignedBy({good.As(keyid)}),
                  FailsWith(Failure::kThreshold))
          << value;
    }
  }
}

// The algorithm is the key's, as its delegator declares it; no key verifies
// as one of another kind.
TEST_P(EveryRole, NoAlgorithmConfusion) {
  const SigningKey p256 = NewKey(KeyAlgorithm::kEcdsaP256);
  for (const auto& [keytype, scheme] :
       std::vector<std::pair<std::string, std::string>>{
           {"ecdsa", "ecdsa-sha2-nistp384"},
           {"ecdsa-sha2-nistp384", "ecdsa-sha2-nistp384"},
           {"rsa", "rsassa-pss-sha256"},
           {"ed25519", "ed25519"},
           {"ecdsa", "ed25519"},
           {"rsa", "ecdsa-sha2-nistp256"},
           {"ed25519", "ecdsa-sha2-nistp256"}}) {
    Keys() = tuf::RoleKeys{};
    Declare(p256);
    Declared()[p256.keyid] = {keytype, scheme, p256.Declared().value};
    EXPECT_THAT(VerifySignedBy({p256}), FailsWith(Failure::kThreshold))
        << keytype << " " << scheme;
  }
}

TEST_P(EveryRole, CountsKeysOfDifferentKindsTogether) {
  const SigningKey ed25519 = DeclareNew();
  const SigningKey p256 = DeclareNew(KeyAlgorithm::kEcdsaP256);
  const SigningKey p384 = DeclareNew(KeyAlgorithm::kEcdsaP384);
  const SigningKey rsa = DeclareNew(KeyAlgorithm::kRsaPss);
  SetThreshold(4);
  EXPECT_THAT(VerifySignedBy({ed25519, p256, p384, rsa}), IsOk());
  EXPECT_THAT(VerifySignedBy({rsa, p384, p256, ed25519}), IsOk());
  for (const SigningKey& missing : {ed25519, p256, p384, rsa}) {
    std::vector<SigningKey> three = {ed25519, p256, p384, rsa};
    std::erase_if(three, [&](const SigningKey& key) {
      return key.keyid == missing.keyid;
    });
    EXPECT_THAT(VerifySignedBy(three), FailsWith(Failure::kThreshold));
  }
}

}  // namespace
}  // namespace tufmirror::testing
