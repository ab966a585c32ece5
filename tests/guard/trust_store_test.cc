#include "tufmirror/guard/trust_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <memory>
#include <string>

#include "support/fault_server.h"
#include "support/repository_fixture.h"
#include "support/status_matchers.h"
#include "support/temp_directory.h"
#include "tufmirror/crypto/hash.h"
#include "tufmirror/fs/file.h"

namespace tufmirror::guard {
namespace {

using ::testing::ElementsAre;
using testing::FailsWith;
using ::testing::IsEmpty;
using testing::IsOk;

class TrustStoreTest : public ::testing::Test {
 protected:
  TrustStoreTest() {
    http::TransferOptions options;
    options.retries = 0;
    auto made = http::Transfers::Create(options);
    EXPECT_THAT(made, IsOk());
    transfers_ = *std::move(made);
    repository_.Publish();
    Serve();
    first_root_ = repository_.files().at("metadata/1.root.json");
  }

  void Serve() {
    for (const auto& [path, bytes] : repository_.files()) {
      server_.Serve("/" + path, bytes);
    }
  }
  // What a user types who was told the fingerprint of `root`.
  TrustRequest Request(std::string_view root, int64_t version = 1) {
    TrustRequest request;
    request.name = "pypi";
    request.urls = {server_.Url("/")};
    request.fingerprint = crypto::Sha256Of(root);
    request.root_version = version;
    return request;
  }
  absl::StatusOr<TrustStore::Outcome> Add(const TrustRequest& request) {
    return store_.Add(request, *transfers_, now_);
  }
  static mode_t ModeOf(const std::string& path) {
    struct stat info = {};
    EXPECT_EQ(stat(path.c_str(), &info), 0) << path;
    return info.st_mode & 07777;
  }

  testing::TempDirectory directory_;
  testing::FaultServer server_;
  testing::RepositoryFixture repository_;
  std::unique_ptr<http::Transfers> transfers_;
  TrustStore store_{directory_.Join("data/trust")};
  std::string first_root_;
  absl::Time now_ = testing::RepositoryFixture::now();
};

TEST_F(TrustStoreTest, TrustsTheRootWithTheFingerprint) {
  EXPECT_THAT(store_.Names(), IsOk());
  ASSERT_OK_AND_ASSIGN(const auto outcome, Add(Request(first_root_)));
  EXPECT_EQ(outcome, TrustStore::Outcome::kAdded);
  ASSERT_OK_AND_ASSIGN(const TrustedMirror mirror, store_.Get("pypi"));
  EXPECT_THAT(mirror.urls, ElementsAre(server_.Url("/")));
  EXPECT_EQ(mirror.fingerprint, crypto::Sha256Of(first_root_));
  EXPECT_EQ(mirror.root_version, 1);
  EXPECT_EQ(mirror.added, now_);
  EXPECT_EQ(testing::ReadWholeFile(mirror.metadata + "/root.json"),
            first_root_);
  ASSERT_OK_AND_ASSIGN(const TrustedMirror only, store_.Only());
  EXPECT_EQ(only.name, "pypi");
}

TEST_F(TrustStoreTest, RefusesARootWithAnotherFingerprintAndLeavesNothing) {
  EXPECT_THAT(Add(Request("the root that was published")),
              FailsWith(Failure::kDigest, crypto::Sha256Of(first_root_).Hex()));
  ASSERT_OK_AND_ASSIGN(const auto names, store_.Names());
  EXPECT_THAT(names, IsEmpty());
  EXPECT_THAT(store_.Only(), FailsWith(Failure::kUsage, "none is trusted"));
}

TEST_F(TrustStoreTest, RefusesARootThatDoesNotVerifyWhateverItsFingerprint) {
  const std::string forged = testing::Replaced(first_root_, "2", "3");
  server_.Serve("/metadata/1.root.json", forged);
  EXPECT_THAT(Add(Request(forged)), ::testing::Not(IsOk()));
  ASSERT_OK_AND_ASSIGN(const auto names, store_.Names());
  EXPECT_THAT(names, IsEmpty());
}

TEST_F(TrustStoreTest, FollowsRotationsFromTheVouchedRoot) {
  repository_.RotateKey(tuf::TopLevelRole::kRoot);
  repository_.PublishRoot();
  repository_.RotateKey(tuf::TopLevelRole::kTimestamp);
  repository_.PublishRoot();
  repository_.Publish();
  Serve();
  ASSERT_THAT(Add(Request(first_root_)), IsOk());
  ASSERT_OK_AND_ASSIGN(const TrustedMirror mirror, store_.Get("pypi"));
  ASSERT_OK_AND_ASSIGN(const tuf::Root root, store_.CurrentRoot(mirror));
  EXPECT_EQ(root.version, 3);
  EXPECT_EQ(mirror.root_version, 1);
}

TEST_F(TrustStoreTest, AFingerprintMayBeOfALaterRoot) {
  repository_.RotateKey(tuf::TopLevelRole::kRoot);
  repository_.PublishRoot();
  Serve();
  const std::string second = repository_.files().at("metadata/2.root.json");
  ASSERT_THAT(Add(Request(second, 2)), IsOk());
  ASSERT_OK_AND_ASSIGN(const TrustedMirror mirror, store_.Get("pypi"));
  EXPECT_EQ(mirror.root_version, 2);
}

TEST_F(TrustStoreTest, ARootFileNeedsNoFingerprintAndMustFitOneThatIsGiven) {
  TrustRequest request = Request(first_root_);
  request.root = first_root_;
  request.fingerprint = crypto::Sha256Of("another");
  EXPECT_THAT(Add(request), FailsWith(Failure::kDigest, "--root"));
  request.fingerprint.reset();
  EXPECT_THAT(Add(request), IsOk());
}

TEST_F(TrustStoreTest, ANameKeepsItsRoot) {
  ASSERT_THAT(Add(Request(first_root_)), IsOk());
  EXPECT_THAT(Add(Request("another root")),
              FailsWith(Failure::kReplacedFile, "not changed to"));
  ASSERT_OK_AND_ASSIGN(const TrustedMirror mirror, store_.Get("pypi"));
  EXPECT_EQ(mirror.fingerprint, crypto::Sha256Of(first_root_));
}

TEST_F(TrustStoreTest, TheSameAgainAsksNobodyAndOtherUrlsAreRefused) {
  ASSERT_THAT(Add(Request(first_root_)), IsOk());
  server_.ForgetRequests();
  ASSERT_OK_AND_ASSIGN(const auto outcome, Add(Request(first_root_)));
  EXPECT_EQ(outcome, TrustStore::Outcome::kAlreadyThere);
  TrustRequest elsewhere = Request(first_root_);
  elsewhere.urls = {"https://elsewhere.example/"};
  EXPECT_THAT(Add(elsewhere), FailsWith(Failure::kUsage, "elsewhere.example"));
  EXPECT_THAT(server_.requests(), IsEmpty());
}

TEST_F(TrustStoreTest, AMirrorThatHasExpiredIsNotAdded) {
  now_ += absl::Hours(24 * 60);
  EXPECT_THAT(Add(Request(first_root_)),
              FailsWith(Failure::kExpired, "expired at"));
  ASSERT_OK_AND_ASSIGN(const auto names, store_.Names());
  EXPECT_THAT(names, IsEmpty());
}

TEST_F(TrustStoreTest, IsForItsOwnerOnly) {
  ASSERT_THAT(Add(Request(first_root_)), IsOk());
  EXPECT_EQ(ModeOf(directory_.Join("data/trust")), 0700u);
  EXPECT_EQ(ModeOf(directory_.Join("data/trust/pypi")), 0700u);
  EXPECT_EQ(ModeOf(directory_.Join("data/trust/pypi/mirror.json")), 0600u);
}

TEST_F(TrustStoreTest, RemovesAndSaysWhatIsThere) {
  ASSERT_THAT(Add(Request(first_root_)), IsOk());
  EXPECT_THAT(store_.Get("other"),
              FailsWith(Failure::kNotFound, "known: pypi"));
  EXPECT_THAT(store_.Remove("other"),
              FailsWith(Failure::kNotFound, "known: pypi"));
  EXPECT_THAT(store_.Remove("pypi"), IsOk());
  EXPECT_THAT(store_.Get("pypi"), FailsWith(Failure::kNotFound, "none is"));
  EXPECT_THAT(Add(Request(first_root_)), IsOk());
}

TEST_F(TrustStoreTest, ADamagedOneIsNamedAndCanBeRemoved) {
  ASSERT_THAT(Add(Request(first_root_)), IsOk());
  directory_.Write("data/trust/pypi/mirror.json", "{}");
  EXPECT_THAT(store_.Get("pypi"), FailsWith(Failure::kMalformed, "pypi"));
  EXPECT_THAT(Add(Request(first_root_)), FailsWith(Failure::kMalformed));
  EXPECT_THAT(store_.Remove("pypi"), IsOk());
}

TEST_F(TrustStoreTest, ChoosesOnlyWhereThereIsNoChoice) {
  ASSERT_THAT(Add(Request(first_root_)), IsOk());
  TrustRequest second = Request(first_root_);
  second.name = "b";
  ASSERT_THAT(Add(second), IsOk());
  EXPECT_THAT(store_.Only(), FailsWith(Failure::kUsage, "b, pypi"));
}

TEST_F(TrustStoreTest, RefusesRequestsThatMakeNoSense) {
  TrustRequest nothing_vouched = Request(first_root_);
  nothing_vouched.fingerprint.reset();
  EXPECT_THAT(Add(nothing_vouched), FailsWith(Failure::kUsage, "fingerprint"));
  TrustRequest no_url = Request(first_root_);
  no_url.urls.clear();
  EXPECT_THAT(Add(no_url), FailsWith(Failure::kUsage, "URL"));
  TrustRequest version = Request(first_root_, 0);
  EXPECT_THAT(Add(version), FailsWith(Failure::kUsage, "root version 0"));
  for (const std::string name :
       {"", ".", "..", "../x", "a/b", ".hidden", "-x", "a b", "\xc3\xa4"}) {
    TrustRequest request = Request(first_root_);
    request.name = name;
    EXPECT_THAT(Add(request), FailsWith(Failure::kUsage, "cannot be the name"));
    EXPECT_THAT(store_.Get(name), FailsWith(Failure::kUsage));
    EXPECT_THAT(store_.Remove(name), FailsWith(Failure::kUsage));
  }
  EXPECT_THAT(server_.requests(), IsEmpty());
}

TEST_F(TrustStoreTest, AClockThatIsBehindIsRefused) {
  TrustedMirror mirror;
  mirror.name = "pypi";
  mirror.added = now_;
  EXPECT_THAT(CheckClock(mirror, now_), IsOk());
  EXPECT_THAT(CheckClock(mirror, now_ - absl::Hours(20)), IsOk());
  EXPECT_THAT(CheckClock(mirror, now_ + absl::Hours(100'000)), IsOk());
  EXPECT_THAT(CheckClock(mirror, absl::UnixEpoch()),
              FailsWith(Failure::kExpired, "your clock says 1970-01-01"));
}

}  // namespace
}  // namespace tufmirror::guard
