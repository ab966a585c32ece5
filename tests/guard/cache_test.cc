// The cache on its own, and two guards that share one.
#include "guard/cache.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>

#include "guard/guard_fixture.h"

namespace tufmirror::guard {
namespace {

using ::tufmirror::testing::FailsWith;
using ::tufmirror::testing::GuardTest;
using ::tufmirror::testing::IsOk;
using ::tufmirror::testing::kFlitWheel;
using ::tufmirror::testing::ReadWholeFile;
using ::tufmirror::testing::TempDirectory;

ExpectedContent ContentOf(const std::string& bytes) {
  ExpectedContent content;
  content.length = bytes.size();
  content.digests.sha256 = crypto::Sha256Of(bytes);
  return content;
}

class GuardCacheTest : public ::testing::Test {
 protected:
  std::unique_ptr<Cache> Open(uint64_t max_bytes = 1 << 20) {
    auto cache = Cache::Open(directory_.Join("cache"), max_bytes);
    EXPECT_THAT(cache, IsOk());
    return *std::move(cache);
  }
  void Insert(Cache& cache, const std::string& bytes) {
    const std::string partial = cache.NewPartialPath();
    ASSERT_THAT(
        fs::WriteFileAtomically(partial, bytes, 0600, fs::Durability::kNone),
        IsOk());
    EXPECT_THAT(cache.Insert(partial, ContentOf(bytes)), IsOk());
  }
  bool Has(Cache& cache, const std::string& bytes) {
    auto found = cache.Find(ContentOf(bytes));
    EXPECT_THAT(found, IsOk());
    if (!found.ok() || !*found) return false;
    std::string got(bytes.size(), '\0');
    EXPECT_EQ(pread((*found)->get(), got.data(), got.size(), 0),
              static_cast<ssize_t>(bytes.size()));
    EXPECT_EQ(got, bytes);
    return true;
  }
  std::string PathOf(const std::string& bytes) {
    const std::string hex = crypto::Sha256Of(bytes).Hex();
    return directory_.Join("cache/files/" + hex.substr(0, 2) + "/" + hex);
  }

  TempDirectory directory_;
};

TEST_F(GuardCacheTest, KeepsWhatIsInserted) {
  const auto cache = Open();
  EXPECT_FALSE(Has(*cache, "bytes"));
  Insert(*cache, "bytes");
  EXPECT_TRUE(Has(*cache, "bytes"));
  EXPECT_TRUE(Has(*Open(), "bytes"));
}

TEST_F(GuardCacheTest, NeverGivesDamagedFiles) {
  const auto cache = Open();
  for (const std::string damaged : {"byte!", "byte", "bytes and more", ""}) {
    Insert(*cache, "bytes");
    ASSERT_TRUE(Has(*cache, "bytes"));
    directory_.Write(
        std::filesystem::relative(PathOf("bytes"), directory_.Join(""))
            .string(),
        damaged);
    EXPECT_FALSE(Has(*cache, "bytes")) << damaged;
    EXPECT_FALSE(std::filesystem::exists(PathOf("bytes")));
  }
}

TEST_F(GuardCacheTest, FollowsNoSymlink) {
  const auto cache = Open();
  std::filesystem::create_directories(
      std::filesystem::path(PathOf("bytes")).parent_path());
  std::filesystem::create_symlink(directory_.Write("elsewhere", "bytes"),
                                  PathOf("bytes"));
  EXPECT_THAT(cache->Find(ContentOf("bytes")), FailsWith(Failure::kFileSystem));
}

TEST_F(GuardCacheTest, EvictsWhatWasUsedLongestAgo) {
  const std::string a(400, 'a');
  const std::string b(400, 'b');
  const std::string c(400, 'c');
  const auto cache = Open(1000);
  Insert(*cache, a);
  Insert(*cache, b);
  const auto hours_ago = [](int hours) {
    return std::filesystem::file_time_type::clock::now() -
           std::chrono::hours(hours);
  };
  std::filesystem::last_write_time(PathOf(a), hours_ago(5));
  std::filesystem::last_write_time(PathOf(b), hours_ago(9));
  EXPECT_TRUE(Has(*cache, b));  // used now
  Insert(*cache, c);
  EXPECT_FALSE(Has(*cache, a));
  EXPECT_TRUE(Has(*cache, b));
  EXPECT_TRUE(Has(*cache, c));
  EXPECT_EQ(*cache->Size(), 800u);
}

TEST_F(GuardCacheTest, GivesAFileThatIsLargerThanTheCache) {
  const auto cache = Open(10);
  const std::string partial = cache->NewPartialPath();
  const std::string bytes(100, 'x');
  ASSERT_THAT(
      fs::WriteFileAtomically(partial, bytes, 0600, fs::Durability::kNone),
      IsOk());
  ASSERT_OK_AND_ASSIGN(const fs::UniqueFd fd,
                       cache->Insert(partial, ContentOf(bytes)));
  EXPECT_EQ(*cache->Size(), 0u);
  std::string got(100, '\0');
  EXPECT_EQ(pread(fd.get(), got.data(), got.size(), 0), 100);
}

TEST_F(GuardCacheTest, UsesNothingThatAKilledGuardLeft) {
  const pid_t child = fork();
  if (child == 0) {
    auto cache = Cache::Open(directory_.Join("cache"), 1 << 20);
    const std::string partial = (*cache)->NewPartialPath();
    (void)fs::WriteFileAtomically(partial, "half", 0600, fs::Durability::kNone);
    raise(SIGKILL);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFSIGNALED(status));
  const auto count = [&] {
    return std::distance(
        std::filesystem::directory_iterator(directory_.Join("cache/partial")),
        std::filesystem::directory_iterator());
  };
  EXPECT_EQ(count(), 1);
  const auto cache = Open();
  EXPECT_EQ(count(), 1);  // its own
  EXPECT_EQ(*cache->Size(), 0u);
  // That of a living one stays.
  const auto second = Open();
  EXPECT_EQ(count(), 2);
}

TEST_F(GuardCacheTest, WantsADirectoryThatIsPrivate) {
  std::filesystem::create_directories(directory_.Join("cache"));
  std::filesystem::permissions(directory_.Join("cache"),
                               std::filesystem::perms::all);
  EXPECT_THAT(Cache::Open(directory_.Join("cache"), 1),
              FailsWith(Failure::kUsage, "only its owner"));
}

TEST_F(GuardTest, TwoGuardsShareOneCache) {
  PublishFlit();
  Start();
  options.root = repository.files().at("metadata/1.root.json");
  ASSERT_OK_AND_ASSIGN(const auto second, Guard::Start(options));
  const std::string path = std::string("/") + kFlitWheel;
  EXPECT_EQ(Get(path).body, "0123456789");
  ::tufmirror::testing::RawClient client(second->port());
  client.Send(RequestFor(path));
  EXPECT_EQ(client.Read().body, "0123456789");
  EXPECT_EQ(server.CountRequests(OnMirror(kFlitWheel)), 1u);
  EXPECT_EQ(second->stats().cache_hits, 1u);
}

TEST_F(GuardTest, DownloadsAgainWhatIsDamagedInTheCache) {
  PublishFlit();
  Start();
  const std::string path = std::string("/") + kFlitWheel;
  ASSERT_EQ(Get(path).status, 200);
  const std::string hex = crypto::Sha256Of("0123456789").Hex();
  directory.Write("cache/files/" + hex.substr(0, 2) + "/" + hex, "012345678X");
  EXPECT_EQ(Get(path).body, "0123456789");
  EXPECT_EQ(server.CountRequests(OnMirror(kFlitWheel)), 2u);
}

}  // namespace
}  // namespace tufmirror::guard
