// Homes: made whole, opened cheaply, refused with advice.
#include "tufmirror/tree/home.h"

#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <iostream>

#include "support/status_matchers.h"
#include "support/temp_directory.h"
#include "tree/tree_fixture.h"
#include "tufmirror/fs/file.h"
#include "tufmirror/fs/walk.h"

namespace tufmirror::tree {
namespace {

using ::testing::ElementsAre;
using testing::FailsWith;
using testing::IsOk;
using testing::TempDirectory;

mode_t ModeOf(const std::string& path) {
  const auto info = fs::Stat(path);
  return info.ok() && info->has_value() ? (*info)->mode & 07777 : 0;
}

TEST(Home, CreateMakesTwoEmptyTreesThatShareThePackages) {
  const TempDirectory directory;
  const std::string path = directory.Join("new/home");
  ASSERT_OK_AND_ASSIGN(const Home home, Home::Create(path));
  ASSERT_OK_AND_ASSIGN(const TreeSide live, home.LiveSide());
  EXPECT_EQ(live, TreeSide::kA);
  for (const TreeSide side : {TreeSide::kA, TreeSide::kB}) {
    ASSERT_OK_AND_ASSIGN(const auto names,
                         fs::ListDirectory(home.layout().tree(side)));
    EXPECT_THAT(names, ElementsAre("packages"));
    EXPECT_TRUE(std::filesystem::equivalent(
        home.layout().tree(side) + "/packages", home.layout().packages()));
  }
  EXPECT_TRUE(std::filesystem::equivalent(home.layout().live(),
                                          home.layout().tree(TreeSide::kA)));
}

TEST(Home, StateIsPrivateAndServedTreeIsWorldReadableWhateverTheUmask) {
  const TempDirectory directory;
  for (const mode_t mask : {0u, 077u}) {
    const mode_t before = umask(mask);
    const auto home = Home::Create(directory.Join(std::to_string(mask)));
    umask(before);
    ASSERT_THAT(home, IsOk());
    const Layout& layout = home->layout();
    for (const std::string& path :
         {layout.home(), layout.packages(), layout.trees(),
          layout.tree(TreeSide::kA), layout.tree(TreeSide::kB)}) {
      EXPECT_EQ(ModeOf(path), 0755u) << path;
    }
    for (const std::string& path :
         {layout.state(), layout.staging(), layout.blobs(), layout.partials(),
          layout.staged_metadata(), layout.upstream_trust()}) {
      EXPECT_EQ(ModeOf(path), 0700u) << path;
    }
  }
}

TEST(Home, CreateRefusesAHome) {
  const TempDirectory directory;
  MakeHome(directory.Join("home"));
  EXPECT_THAT(Home::Create(directory.Join("home")),
              FailsWith(Failure::kUsage, "it is a home already"));
}

TEST(Home, CreateRefusesADirectoryWithOtherThings) {
  const TempDirectory directory;
  directory.Write("home/thesis.tex", "x");
  EXPECT_THAT(Home::Create(directory.Join("home")),
              FailsWith(Failure::kUsage, "it holds thesis.tex"));
  ASSERT_OK_AND_ASSIGN(const auto names,
                       fs::ListDirectory(directory.Join("home")));
  EXPECT_THAT(names, ElementsAre("thesis.tex"));
}

TEST(Home, CreateRefusesPackagesThatLostTheirConfiguration) {
  const TempDirectory directory;
  directory.Write("home/packages/a/a.whl", "x");
  EXPECT_THAT(Home::Create(directory.Join("home")),
              FailsWith(Failure::kUsage, "packages (a/a.whl) but no "));
}

TEST(Home, CreateCompletesWhatAnInterruptedCreateLeft) {
  const TempDirectory directory;
  const std::string path = directory.Join("home");
  ASSERT_THAT(Home::Create(path), IsOk());
  std::filesystem::remove(path + "/live");
  std::filesystem::remove_all(path + "/trees/b");
  directory.Write("home/trust/root.json", "{}");
  EXPECT_THAT(Home::Create(path), IsOk());
  MakeHome(path);
  EXPECT_THAT(Home::Open(path), IsOk());
}

TEST(Home, CreateSaysWhyItCannotWrite) {
  const TempDirectory directory;
  const std::string file = directory.Write("file", "");
  EXPECT_THAT(Home::Create(file + "/home"),
              FailsWith(Failure::kFileSystem, "make directory"));
}

TEST(Home, OpenRefusesOtherDirectoriesAndNamesTheInitCommand) {
  const TempDirectory directory;
  EXPECT_THAT(Home::Open(directory.path()),
              FailsWith(Failure::kUsage, "tufmirror init replica " +
                                             directory.path() + " --from"));
  EXPECT_THAT(Home::Open(directory.Join("none")),
              FailsWith(Failure::kUsage, "init origin"));
  EXPECT_THAT(Home::Open(""), FailsWith(Failure::kUsage, "empty path"));
}

TEST(Home, OpenRefusesALiveThatIsNotOneOfTheTwoTrees) {
  const TempDirectory directory;
  const Home home = MakeHome(directory.Join("home"));
  for (const std::string target :
       {"trees/c", "/etc", "staging", "../elsewhere", "trees/a/simple"}) {
    ASSERT_THAT(fs::ReplaceSymlink(target, home.layout().live()), IsOk());
    EXPECT_THAT(Home::Open(home.layout().home()),
                FailsWith(Failure::kFileSystem, "got " + target));
  }
  ASSERT_THAT(fs::Remove(home.layout().live()), IsOk());
  EXPECT_THAT(Home::Open(home.layout().home()),
              FailsWith(Failure::kFileSystem, "ln -sfn trees/a live"));
}

TEST(Home, OpenRefusesAHomeWithAPartMissing) {
  for (const std::string part : {"packages", "trees/b", "staging"}) {
    const TempDirectory directory;
    const Home home = MakeHome(directory.Join("home"));
    ASSERT_THAT(fs::RemoveTree(home.layout().home() + "/" + part), IsOk());
    EXPECT_THAT(Home::Open(home.layout().home()),
                FailsWith(Failure::kFileSystem, part));
    directory.Write("home/" + part, "a file");
    EXPECT_THAT(Home::Open(home.layout().home()),
                FailsWith(Failure::kFileSystem, part));
  }
}

// Runs `body` in a child with a mount namespace of its own; its result.
int InPrivateMounts(const std::function<int()>& body) {
  const pid_t child = fork();
  if (child == 0) {
    if (unshare(CLONE_NEWNS) != 0 ||
        mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) {
      std::cerr << "this test needs permission to mount (root)\n";
      _exit(99);
    }
    _exit(body());
  }
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

TEST(Home, OpenRefusesTreesOnDifferentFileSystems) {
  for (const std::string part : {"packages", "trees/a", "trees/b", "staging"}) {
    const TempDirectory directory;
    const Home home = MakeHome(directory.Join("home"));
    const int result = InPrivateMounts([&] {
      const std::string where = home.layout().home() + "/" + part;
      if (mount("tmpfs", where.c_str(), "tmpfs", 0, "size=64k") != 0) return 98;
      const absl::StatusOr<Home> opened = Home::Open(home.layout().home());
      if (opened.ok()) return 1;
      std::cerr << opened.status().ToString() << "\n";
      const bool says = MessageOf(opened.status()).find("on one file system") !=
                        std::string_view::npos;
      return FailureOf(opened.status()) == Failure::kFileSystem && says ? 0 : 2;
    });
    EXPECT_EQ(result, 0) << part;
    EXPECT_THAT(Home::Open(home.layout().home()), IsOk());
  }
}

TEST(Home, ReadOnlyFileSystemIsReadAndRefusesToPublish) {
  const TempDirectory directory;
  const Home made = MakeHome(directory.Join("home"));
  ASSERT_THAT(Publish(made, 1, {{"simple/index.html", "x"}}), IsOk());
  const std::string path = made.layout().home();
  const int result = InPrivateMounts([&] {
    if (mount(path.c_str(), path.c_str(), nullptr, MS_BIND, nullptr) != 0 ||
        mount(nullptr, path.c_str(), nullptr, MS_BIND | MS_REMOUNT | MS_RDONLY,
              nullptr) != 0) {
      return 98;
    }
    const absl::StatusOr<Home> home = Home::Open(path);
    if (!home.ok()) return 1;
    const auto generation = Publisher::CurrentGeneration(*home);
    if (!generation.ok() || generation->number != 1) return 2;
    const absl::Status locked = home->Lock("sync").status();
    if (FailureOf(locked) != Failure::kFileSystem) return 3;
    const absl::Status begun = Publisher::Begin(*home).status();
    std::cerr << begun.ToString() << "\n";
    return FailureOf(begun) == Failure::kFileSystem ? 0 : 4;
  });
  EXPECT_EQ(result, 0);
}

TEST(Home, PathsWithSpacesAndOtherAlphabetsWork) {
  const TempDirectory directory;
  const std::string path = directory.Join("my mirrors/зеркало 鏡 'q\"");
  MakeHome(path);
  ASSERT_OK_AND_ASSIGN(const Home home, Home::Open(path));
  ASSERT_THAT(Accept(home, "packages/a/a.whl", "wheel"), IsOk());
  ASSERT_THAT(Publish(home, 1, {{"simple/index.html", "x"}}), IsOk());
  EXPECT_EQ(testing::ReadWholeFile(path + "/live/packages/a/a.whl"), "wheel");
  EXPECT_EQ(testing::ReadWholeFile(path + "/live/simple/index.html"), "x");
}

TEST(Home, RelativePathsBecomeAbsolute) {
  const TempDirectory directory;
  const std::filesystem::path before = std::filesystem::current_path();
  std::filesystem::current_path(directory.path());
  MakeHome("home");
  const absl::StatusOr<Home> home = Home::Open("home///");
  std::filesystem::current_path(before);
  ASSERT_THAT(home, IsOk());
  EXPECT_EQ(home->layout().home(), directory.Join("home"));
}

TEST(Home, ASecondRunLearnsWhoHoldsTheLock) {
  const TempDirectory directory;
  const Home home = MakeHome(directory.Join("home"));
  ASSERT_OK_AND_ASSIGN(const Home again, Home::Open(home.layout().home()));
  ASSERT_OK_AND_ASSIGN(const fs::LockFile held, home.Lock("sync"));
  EXPECT_THAT(again.Lock("verify"), FailsWith(Failure::kLocked, ": sync"));
}

}  // namespace
}  // namespace tufmirror::tree
