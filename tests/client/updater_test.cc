// Downloading targets: names, cached copies, and that only verified bytes ever
// get the final name.
#include "tufmirror/client/updater.h"

#include "client/client_fixture.h"

namespace tufmirror::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Not;

class UpdaterTest : public ClientTest {
 protected:
  // A repository that lists `path`, and a client that is up to date.
  void StartWith(const std::string& path, const std::string& content) {
    repository.AddTarget("targets", path, content);
    Start();
    updater_ = RefreshedUpdater();
  }
  absl::StatusOr<std::string> Download(std::string_view path) {
    const auto found = updater_->FindTarget(path);
    EXPECT_THAT(found, IsOk());
    EXPECT_TRUE(found->has_value()) << path;
    return updater_->Download((*found)->target, targets());
  }
  // Where the server has the only target of that name.
  std::string ServerPath(std::string_view name) {
    for (const auto& [path, bytes] : repository.files()) {
      if (path.starts_with("targets/") && path.ends_with(name)) {
        return "/" + path;
      }
    }
    ADD_FAILURE() << name;
    return "";
  }
  std::unique_ptr<client::Updater> updater_;
};

TEST_F(UpdaterTest, DownloadsUnderTheDigestAndStoresUnderTheFlatName) {
  StartWith("dir/a.whl", "wheel");
  ASSERT_OK_AND_ASSIGN(const std::string path, Download("dir/a.whl"));
  EXPECT_EQ(path, targets() + "/dir%2Fa.whl");
  EXPECT_EQ(FilesIn(targets()),
            (std::map<std::string, std::string>{{"dir%2Fa.whl", "wheel"}}));
  const std::string hex =
      repository.targets.targets[0].content.digests.sha256->Hex();
  EXPECT_THAT(Asked(), ElementsAre("/targets/dir/" + hex + ".a.whl"));
}

TEST_F(UpdaterTest, HasNoDigestInTheNameWithoutConsistentSnapshot) {
  repository.root.consistent_snapshot = false;
  StartWith("dir/a.whl", "wheel");
  EXPECT_THAT(Download("dir/a.whl"), IsOk());
  EXPECT_THAT(Asked(), ElementsAre("/targets/dir/a.whl"));
}

TEST_F(UpdaterTest, GoodLocalCopyIsNotAskedForAgain) {
  StartWith("a", "content");
  EXPECT_THAT(Download("a"), IsOk());
  server.ForgetRequests();
  EXPECT_THAT(Download("a"), IsOk());
  EXPECT_THAT(Asked(), IsEmpty());
}

TEST_F(UpdaterTest, ChangedLocalCopyIsReplaced) {
  StartWith("a", "content");
  for (const std::string bad : {"cOntent", "", "content and more"}) {
    directory.Write("targets/a", bad);
    EXPECT_THAT(Download("a"), IsOk());
    EXPECT_EQ(ReadWholeFile(targets() + "/a"), "content");
  }
}

TEST_F(UpdaterTest, WrongBytesLeaveNoFile) {
  StartWith("a", "content");
  server.Inject(ServerPath(".a"), Fault::WrongBytes(), kEveryTime);
  EXPECT_THAT(Download("a"), FailsWith(Failure::kDigest));
  EXPECT_TRUE(FilesIn(targets()).empty());
}

TEST_F(UpdaterTest, WrongBytesDoNotReplaceAnOlderFile) {
  StartWith("a", "content");
  directory.Write("targets/a", "older");
  server.Inject(ServerPath(".a"), Fault::WrongBytes(), kEveryTime);
  EXPECT_THAT(Download("a"), FailsWith(Failure::kDigest));
  EXPECT_EQ(ReadWholeFile(targets() + "/a"), "older");
}

struct WrongLength {
  const char* name;
  Fault fault;
};
class WrongLengthTarget : public UpdaterTest,
                          public ::testing::WithParamInterface<WrongLength> {};
TEST_P(WrongLengthTarget, NeverGetsTheName) {
  StartWith("a", "content");
  server.Inject(ServerPath(".a"), GetParam().fault, kEveryTime);
  EXPECT_THAT(Download("a"), Not(IsOk()));
  EXPECT_FALSE(FilesIn(targets()).contains("a"));
}
INSTANTIATE_TEST_SUITE_P(
    Client, WrongLengthTarget,
    ::testing::Values(WrongLength{"Longer", Fault::Oversize(1)},
                      WrongLength{"Endless", Fault::Endless()},
                      WrongLength{"Shorter", Fault::ContentLength(3)},
                      WrongLength{"CutShort", Fault::Truncate(3)}),
    [](const auto& test) { return test.param.name; });

// "x" is cut short; what was kept of it is not the file of the target that
// happens to be called like a partial file.
TEST_F(UpdaterTest, NoTargetIsAnotherOnesPartialFile) {
  for (const std::string other : {".x.part", ".x+part"}) {
    repository.AddTarget("targets", other, "other " + other);
  }
  StartWith("x", "content");
  EXPECT_THAT(Download(".x.part"), IsOk());
  EXPECT_THAT(Download(".x+part"), IsOk());
  server.Inject(ServerPath(".x"), Fault::Truncate(3), kEveryTime);
  EXPECT_THAT(Download("x"), Not(IsOk()));
  EXPECT_EQ(ReadWholeFile(targets() + "/.x.part"), "other .x.part");
  EXPECT_EQ(ReadWholeFile(targets() + "/.x%2Bpart"), "other .x+part");
  EXPECT_FALSE(FilesIn(targets()).contains("x"));
}

TEST_F(UpdaterTest, RedirectToAFileIsNotFollowed) {
  StartWith("a", "content");
  const std::string right = directory.Write("right", "content");
  server.Inject(ServerPath(".a"), Fault::Redirect("file://" + right),
                kEveryTime);
  EXPECT_THAT(Download("a"), Not(IsOk()));
  EXPECT_FALSE(FilesIn(targets()).contains("a"));
}

class UnsafeTarget : public UpdaterTest,
                     public ::testing::WithParamInterface<std::string> {};
TEST_P(UnsafeTarget, IsRefusedBeforeAnyRequest) {
  StartWith(GetParam(), "content");
  EXPECT_THAT(Download(GetParam()), FailsWith(Failure::kUnsafePath));
  EXPECT_THAT(Asked(), IsEmpty());
  EXPECT_TRUE(FilesIn(targets()).empty());
}
INSTANTIATE_TEST_SUITE_P(Client, UnsafeTarget,
                         ::testing::Values("../escaped", "/etc/passwd",
                                           "a/../../b", "a//b", ".", "..", "a/",
                                           "", "a\\b", std::string("a\0b", 3),
                                           "a\nb", std::string(300, 'a'),
                                           std::string(5000, 'a'),
                                           "http://evil.example/x"));

// Percent signs are data, not encoding.
TEST_F(UpdaterTest, EncodedTraversalIsJustAName) {
  repository.root.consistent_snapshot = false;
  StartWith("%2e%2e%2fx", "content");
  EXPECT_THAT(Download("%2e%2e%2fx"), IsOk());
  EXPECT_THAT(Asked(), ElementsAre("/targets/%252e%252e%252fx"));
  EXPECT_TRUE(FilesIn(targets()).contains("%252e%252e%252fx"));
}

TEST_F(UpdaterTest, UnlistedTargetIsNotAnError) {
  StartWith("a", "content");
  ASSERT_OK_AND_ASSIGN(const auto found, updater_->FindTarget("b"));
  EXPECT_FALSE(found.has_value());
}

// The cap on roles in one lookup (TUF 5.6.7.1) bounds the requests.
TEST_F(UpdaterTest, OneLookupAsksForAtMost32Roles) {
  for (int i = 0; i < 40; ++i) {
    repository.Delegate("targets", "role-" + std::to_string(i), {"*"});
  }
  repository.AddTarget("role-39", "x", "content");
  StartWith("a", "content");
  ASSERT_OK_AND_ASSIGN(const auto found, updater_->FindTarget("x"));
  EXPECT_FALSE(found.has_value());
  EXPECT_EQ(server.CountRequests(), 32u);
}

TEST(TargetUrlsTest, NamesEveryMirrorInOrder) {
  tuf::TargetFile target;
  target.path = "dir/a b";
  target.content.digests.sha512 = Sha512();
  const std::string zeros(128, '0');
  EXPECT_THAT(*client::TargetUrls({"http://a/", "http://b/t"}, target, true),
              ElementsAre("http://a/dir/" + zeros + ".a%20b",
                          "http://b/t/dir/" + zeros + ".a%20b"));
  EXPECT_THAT(*client::TargetUrls({"http://a"}, target, false),
              ElementsAre("http://a/dir/a%20b"));
}

}  // namespace
}  // namespace tufmirror::testing
